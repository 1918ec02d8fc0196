package dev.simclr.model;

import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A residual network without classifier (He et al. 2016, arXiv 1512.03385): images to features h,
 * the global average of the last stage.
 *
 * <p>Parameters and buffers have torchvision's names, so the weights load into {@code
 * torchvision.models.resnet18} and its like once their {@code fc} is replaced by an identity.
 */
public final class ResNet extends Module {

  /**
   * The last layer in a file of a whole classifier, as PyTorch and others publish them: names that
   * may be in a file of weights although this network has no use for them.
   */
  public static final Set<String> CLASSIFIER = Set.of("fc.weight", "fc.bias");

  private static final int BASE_CHANNELS = 64;

  private final int depth;
  private final double width;
  private final Stem stem;
  private final Variant variant;
  private final int featureDim;
  private final Conv2d conv1;
  private final BatchNorm bn1;
  private final List<Sequential> stages;

  private ResNet(Builder options) {
    depth = options.depth;
    width = options.width;
    stem = options.stem;
    variant = options.variant;
    int[] blocks = depth == 18 ? new int[] {2, 2, 2, 2} : new int[] {3, 4, 6, 3};
    boolean bottleneck = depth >= 50;
    int expansion = bottleneck ? Bottleneck.EXPANSION : 1;
    Initializer init =
        new Initializer(
            options.seed,
            Initializer.ENCODER,
            options.initialWeights.orElseGet(variant::initialWeights));
    int channels = channels(0);
    conv1 =
        child(
            "conv1",
            stem == Stem.CIFAR
                ? new Conv2d(3, channels, 3, 1, 1, init)
                : new Conv2d(3, channels, 7, 2, 3, init));
    bn1 = child("bn1", new BatchNorm(channels));
    stages = new ArrayList<>();
    int in = channels;
    for (int stage = 0; stage < blocks.length; stage++) {
      int planes = channels(stage);
      int out = planes * expansion;
      List<Module> modules = new ArrayList<>();
      for (int block = 0; block < blocks[stage]; block++) {
        int stride = stage > 0 && block == 0 ? 2 : 1;
        boolean projection = stride != 1 || in != out || (block == 0 && variant == Variant.GOOGLE);
        double lastScale = options.zeroGamma ? 0 : 1;
        BlockShape shape = new BlockShape(in, planes, out, stride, projection, lastScale);
        modules.add(bottleneck ? new Bottleneck(shape, init) : new BasicBlock(shape, init));
        in = out;
      }
      stages.add(child("layer" + (stage + 1), new Sequential(modules)));
    }
    featureDim = in;
  }

  /** Channels inside the blocks of a stage, counted from 0; at least 1. */
  private int channels(int stage) {
    return (int) Math.max(1, Math.round(BASE_CHANNELS * width * (1 << stage)));
  }

  /**
   * Returns a builder for ResNet-18 of width 1 with the ImageNet stem, in torchvision's layout,
   * from seed 0.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Computes features.
   *
   * @param x images, [N, 3, H, W], floating, contiguous or channels-last
   * @return h, [N, {@link #featureDim}]
   * @throws IllegalArgumentException for another shape
   */
  @Override
  public Tensor forward(Tensor x) {
    if (x.dim() != 4 || x.size(1) != 3) {
      throw new IllegalArgumentException(
          "images have shape " + Arrays.toString(x.shape()) + "; allowed: [N, 3, H, W]");
    }
    try (var scope = TensorScope.open()) {
      Tensor out = stem(x);
      for (Sequential stage : stages) {
        out = stage.forward(out);
      }
      return scope.keep(Nn.adaptiveAvgPool2d(out, 1, 1).flatten(1, -1));
    }
  }

  private Tensor stem(Tensor x) {
    try (var scope = TensorScope.open()) {
      Tensor out = bn1.forwardRelu(conv1.forward(x));
      if (stem == Stem.IMAGENET) {
        out = variant == Variant.GOOGLE ? maxPoolSame(out) : Nn.maxPool2d(out, 3, 2, 1);
      }
      return scope.keep(out);
    }
  }

  /**
   * 3x3 max pooling with stride 2 and TensorFlow's SAME padding: an even size is padded by one at
   * its end, which is where ceil mode lets a window hang over; an odd size by one on both sides.
   */
  private static Tensor maxPoolSame(Tensor x) {
    long[] padding = {x.size(2) % 2, x.size(3) % 2};
    return Nn.maxPool2d(x, new long[] {3, 3}, new long[] {2, 2}, padding, new long[] {1, 1}, true);
  }

  /**
   * Returns the size of h.
   *
   * @return numbers per image: 512 times the width, or 2048 times for ResNet-50
   */
  public int featureDim() {
    return featureDim;
  }

  /**
   * Returns the number of layers.
   *
   * @return 18, 34 or 50
   */
  public int depth() {
    return depth;
  }

  /**
   * Returns the multiplier of all channel counts.
   *
   * @return the width, 1 for the published networks
   */
  public double width() {
    return width;
  }

  /**
   * Returns what the network starts with.
   *
   * @return the stem
   */
  public Stem stem() {
    return stem;
  }

  /**
   * Returns the layout of its blocks.
   *
   * @return the variant
   */
  public Variant variant() {
    return variant;
  }

  /** Collects the options of a {@link ResNet}. */
  public static final class Builder {

    private int depth = 18;
    private double width = 1;
    private Stem stem = Stem.IMAGENET;
    private Variant variant = Variant.TORCHVISION;
    private Optional<InitialWeights> initialWeights = Optional.empty();
    private boolean zeroGamma;
    private long seed;

    private Builder() {}

    /**
     * Sets the number of layers.
     *
     * @param value 18, 34 or 50
     * @return this builder
     */
    public Builder depth(int value) {
      depth = value;
      return this;
    }

    /**
     * Sets the multiplier of all channel counts.
     *
     * @param value more than 0; 0.25 gives a stem of 16 channels
     * @return this builder
     */
    public Builder width(double value) {
      width = value;
      return this;
    }

    /**
     * Sets the first layers.
     *
     * @param value the stem
     * @return this builder
     */
    public Builder stem(Stem value) {
      stem = value;
      return this;
    }

    /**
     * Sets the layout of the blocks, and the first weights unless those are set.
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
     * Sets whether the last batch norm of each residual branch starts at scale 0 (Goyal et al.
     * 2017, arXiv 1706.02677, section 5.1).
     *
     * @param value true for 0, false for 1
     * @return this builder
     */
    public Builder zeroGamma(boolean value) {
      zeroGamma = value;
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
     * Builds the network, float32 on the CPU, in training mode.
     *
     * @return the network, to be closed
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public ResNet build() {
      if (depth != 18 && depth != 34 && depth != 50) {
        throw new IllegalArgumentException("depth is " + depth + "; allowed: 18, 34, 50");
      }
      if (!(width > 0 && width <= 64)) {
        throw new IllegalArgumentException("width is " + width + "; allowed: above 0, up to 64");
      }
      return new ResNet(this);
    }
  }
}
