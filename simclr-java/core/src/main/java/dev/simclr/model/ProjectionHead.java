package dev.simclr.model;

import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The projection head g: features h to the vectors whose directions the loss compares (SimCLR,
 * arXiv 2002.05709, section 4.2).
 *
 * <p>Each layer is dense, then batch norm where asked for, then ReLU except after the last. A dense
 * layer has a bias only where no batch norm follows. Parameters are named {@code 0.linear.weight},
 * {@code 0.bn.weight}, ... A head of 0 layers passes h on.
 *
 * <p>The {@link Variant#GOOGLE} head differs in its last batch norm, which has a scale but no
 * shift, and in its first weights.
 */
public final class ProjectionHead extends Module {

  private final int in;
  private final int outDim;
  private final List<Layer> layers = new ArrayList<>();

  private record Layer(Linear linear, Optional<BatchNorm> norm, int outDim) {}

  private ProjectionHead(Builder options, Initializer init) {
    in = options.in;
    outDim = options.layers == 0 ? in : options.out;
    int hidden = options.hidden == 0 ? in : options.hidden;
    int width = in;
    for (int i = 0; i < options.layers; i++) {
      boolean last = i == options.layers - 1;
      int out = last ? options.out : hidden;
      boolean hasNorm = last ? options.lastBatchNorm : options.batchNorm;
      boolean shift = !(last && options.variant == Variant.GOOGLE);
      Linear linear = child(i + ".linear", new Linear(width, out, !hasNorm, init));
      Optional<BatchNorm> norm =
          hasNorm ? Optional.of(child(i + ".bn", new BatchNorm(out, 1, shift))) : Optional.empty();
      layers.add(new Layer(linear, norm, out));
      width = out;
    }
  }

  /**
   * Returns a builder for the head of the SimCLR paper with batch norm: two layers, hidden width
   * that of h, 128 outputs, from seed 0.
   *
   * @param in size of h
   * @return a builder
   */
  public static Builder builder(int in) {
    return new Builder(in);
  }

  /**
   * Projects.
   *
   * @param h features, [N, in]
   * @return v, [N, {@link #outDim}], not normalised
   * @throws IllegalArgumentException for another shape
   */
  @Override
  public Tensor forward(Tensor h) {
    return forward(h, layers.size());
  }

  /**
   * Computes what is there after some of the layers: what SimCLR v2 (arXiv 2006.10029, section 2)
   * feeds a classifier with, mostly after the first.
   *
   * @param h features, [N, in]
   * @param count how many layers, batch norm and ReLU included: 0 for h itself, {@link #layers} for
   *     v
   * @return [N, {@link #outDim(int)}]
   * @throws IllegalArgumentException for another shape, or a number of layers that is not there
   */
  public Tensor forward(Tensor h, int count) {
    requireLayers(count);
    if (h.dim() != 2 || h.size(1) != in) {
      throw new IllegalArgumentException(
          "features have shape " + Arrays.toString(h.shape()) + "; allowed: [N, " + in + "]");
    }
    if (count == 0) {
      return h;
    }
    try (var scope = TensorScope.open()) {
      Tensor out = h;
      for (int i = 0; i < count; i++) {
        Layer layer = layers.get(i);
        out = layer.linear.forward(out);
        boolean last = i == layers.size() - 1;
        if (layer.norm.isPresent()) {
          BatchNorm norm = layer.norm.get();
          out = last ? norm.forward(out) : norm.forwardRelu(out);
        } else if (!last) {
          out = out.relu_();
        }
      }
      return scope.keep(out);
    }
  }

  private void requireLayers(int count) {
    if (count < 0 || count > layers.size()) {
      throw new IllegalArgumentException(
          "layers is " + count + "; allowed: 0 to " + layers.size() + ", which the head has");
    }
  }

  /**
   * Returns the number of layers.
   *
   * @return dense layers, 0 to 4
   */
  public int layers() {
    return layers.size();
  }

  /**
   * Returns the size of what some of the layers give.
   *
   * @param count how many layers
   * @return numbers per view
   * @throws IllegalArgumentException for a number of layers that is not there
   */
  public int outDim(int count) {
    requireLayers(count);
    return count == 0 ? in : layers.get(count - 1).outDim;
  }

  /**
   * Returns the size of v.
   *
   * @return numbers per view
   */
  public int outDim() {
    return outDim;
  }

  /** Collects the options of a {@link ProjectionHead}. */
  public static final class Builder {

    private static final int MAX_LAYERS = 4;

    private final int in;
    private int layers = 2;
    private int hidden;
    private int out = 128;
    private boolean batchNorm = true;
    private boolean lastBatchNorm = true;
    private Variant variant = Variant.TORCHVISION;
    private Optional<InitialWeights> initialWeights = Optional.empty();
    private long seed;

    private Builder(int in) {
      this.in = in;
    }

    /**
     * Sets the number of dense layers.
     *
     * @param value 0 to 4
     * @return this builder
     */
    public Builder layers(int value) {
      layers = value;
      return this;
    }

    /**
     * Sets the width of the hidden layers.
     *
     * @param value at least 1, or 0 for the size of h
     * @return this builder
     */
    public Builder hidden(int value) {
      hidden = value;
      return this;
    }

    /**
     * Sets the size of v.
     *
     * @param value at least 1
     * @return this builder
     */
    public Builder out(int value) {
      out = value;
      return this;
    }

    /**
     * Sets whether batch norm follows the hidden dense layers.
     *
     * @param value true for batch norm, false for a bias
     * @return this builder
     */
    public Builder batchNorm(boolean value) {
      batchNorm = value;
      return this;
    }

    /**
     * Sets whether batch norm follows the last dense layer.
     *
     * @param value true for batch norm, false for a bias
     * @return this builder
     */
    public Builder lastBatchNorm(boolean value) {
      lastBatchNorm = value;
      return this;
    }

    /**
     * Sets the lineage.
     *
     * @param value the variant
     * @return this builder
     */
    public Builder variant(Variant value) {
      variant = value;
      return this;
    }

    /**
     * Sets what the first weights are drawn from; by default what the variant says.
     *
     * @param value the distributions
     * @return this builder
     */
    public Builder initialWeights(InitialWeights value) {
      initialWeights = Optional.of(value);
      return this;
    }

    /**
     * Sets the seed of the first weights.
     *
     * @param value any number
     * @return this builder
     */
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /**
     * Builds the head, float32 on the CPU, in training mode.
     *
     * @return the head, to be closed
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public ProjectionHead build() {
      check();
      return new ProjectionHead(
          this,
          new Initializer(
              seed, Initializer.HEAD, initialWeights.orElseGet(variant::initialWeights)));
    }

    /**
     * Counts what {@link #build} would make, without making it.
     *
     * @return trainable numbers, and running means and variances
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public NetworkCount count() {
      check();
      try (ProjectionHead head =
          new ProjectionHead(this, Initializer.shapesOnly(Initializer.HEAD, variant))) {
        return NetworkCount.of(head);
      }
    }

    /**
     * Counts the trainable numbers of some tensors of what {@link #build} would make, without
     * making it.
     *
     * @param names chooses tensors by their names
     * @return trainable numbers
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public long trainable(Predicate<String> names) {
      check();
      try (ProjectionHead head =
          new ProjectionHead(this, Initializer.shapesOnly(Initializer.HEAD, variant))) {
        return NetworkCount.trainable(head, names);
      }
    }

    private void check() {
      if (layers < 0 || layers > MAX_LAYERS) {
        throw new IllegalArgumentException("layers is " + layers + "; allowed: 0 to " + MAX_LAYERS);
      }
      if (in < 1) {
        throw new IllegalArgumentException("in is " + in + "; allowed: 1 or more");
      }
      if (hidden < 0) {
        throw new IllegalArgumentException("hidden is " + hidden + "; allowed: 0 or more");
      }
      if (out < 1) {
        throw new IllegalArgumentException("out is " + out + "; allowed: 1 or more");
      }
    }
  }
}
