package dev.simclr.model;

import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

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
  private final boolean resnetD;
  private final double skRatio;
  private final int featureDim;
  private final Module conv1;
  private final BatchNorm bn1;
  private final List<Sequential> stages;

  private ResNet(Builder options, Initializer init) {
    depth = options.depth;
    width = options.width;
    stem = options.stem;
    variant = options.variant;
    resnetD = options.resnetD;
    skRatio = options.skRatio;
    int[] blocks = stageBlocks(depth);
    boolean bottleneck = isBottleneck(depth);
    int expansion = bottleneck ? Bottleneck.EXPANSION : 1;
    int channels = channels(0);
    conv1 = child("conv1", firstConvolutions(channels, init));
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
        BlockShape shape =
            new BlockShape(
                in, planes, out, stride, projection, variant, lastScale, resnetD, skRatio);
        modules.add(bottleneck ? new Bottleneck(shape, init) : new BasicBlock(shape, init));
        in = out;
      }
      stages.add(child("layer" + (stage + 1), new Sequential(modules)));
    }
    featureDim = in;
  }

  /**
   * Returns how many residual blocks each stage has.
   *
   * @param depth 18, 34, 50, 101, 152 or 200
   * @return four numbers (He et al. 2016, arXiv 1512.03385, table 1; 200 layers as in the SimCLR
   *     reference)
   * @throws IllegalArgumentException for another depth
   */
  public static int[] stageBlocks(int depth) {
    return switch (depth) {
      case 18 -> new int[] {2, 2, 2, 2};
      case 34, 50 -> new int[] {3, 4, 6, 3};
      case 101 -> new int[] {3, 4, 23, 3};
      case 152 -> new int[] {3, 8, 36, 3};
      case 200 -> new int[] {3, 24, 36, 3};
      default ->
          throw new IllegalArgumentException(
              "depth is " + depth + "; allowed: 18, 34, 50, 101, 152, 200");
    };
  }

  /**
   * Tells the kind of the residual blocks.
   *
   * @param depth number of layers
   * @return true for bottlenecks, whose output has 4 times their channels, false for basic blocks
   */
  public static boolean isBottleneck(int depth) {
    return depth >= 50;
  }

  private Module firstConvolutions(int channels, Initializer init) {
    if (stem == Stem.CIFAR) {
      return new Conv2d(3, channels, 3, 1, 1, init);
    }
    return resnetD ? new DeepStem(channels, init) : new Conv2d(3, channels, 7, 2, 3, init);
  }

  /** Channels inside the blocks of a stage, counted from 0; at least 1. */
  private int channels(int stage) {
    return channels(width, stage);
  }

  private static int channels(double width, int stage) {
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
   * @return numbers per image: 512 times the width, or 2048 times from ResNet-50 on
   */
  public int featureDim() {
    return featureDim;
  }

  /**
   * Returns the number of layers.
   *
   * @return 18, 34, 50, 101, 152 or 200
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

  /**
   * Tells whether stem and shortcuts are ResNet-D's.
   *
   * @return true for ResNet-D
   */
  public boolean resnetD() {
    return resnetD;
  }

  /**
   * Returns the width of the layers that mix selective kernels, as a share of a block's channels.
   *
   * @return the ratio, 0 where there are no selective kernels
   */
  public double skRatio() {
    return skRatio;
  }

  /** Collects the options of a {@link ResNet}. */
  public static final class Builder {

    private int depth = 18;
    private double width = 1;
    private Stem stem = Stem.IMAGENET;
    private Variant variant = Variant.TORCHVISION;
    private Optional<InitialWeights> initialWeights = Optional.empty();
    private boolean zeroGamma;
    private boolean resnetD;
    private double skRatio;
    private long seed;

    private Builder() {}

    /**
     * Sets the number of layers.
     *
     * @param value 18, 34, 50, 101, 152 or 200
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
     * Sets whether the ImageNet stem is three 3x3 convolutions instead of one of 7x7, and the
     * stride of a projection shortcut an average pooling (ResNet-D: He et al. 2019, arXiv
     * 1812.01187). A CIFAR stem stays what it is.
     *
     * @param value true for ResNet-D
     * @return this builder
     */
    public Builder resnetD(boolean value) {
      resnetD = value;
      return this;
    }

    /**
     * Sets whether the 3x3 convolution of a bottleneck is two that are mixed (selective kernels: Li
     * et al. 2019, arXiv 1903.06586).
     *
     * @param value width of the mixing layer as a share of the block's channels, which is at least
     *     32; SimCLR v2 uses 0.0625, together with {@link #resnetD}; 0 for no selective kernels
     * @return this builder
     */
    public Builder skRatio(double value) {
      skRatio = value;
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
      check();
      return new ResNet(
          this,
          new Initializer(
              seed, Initializer.ENCODER, initialWeights.orElseGet(variant::initialWeights)));
    }

    /**
     * Counts what {@link #build} would make, without making it: that takes a few megabytes for
     * networks of any size.
     *
     * @return trainable numbers, and running means and variances
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public NetworkCount count() {
      check();
      try (ResNet network =
          new ResNet(this, Initializer.shapesOnly(Initializer.ENCODER, variant))) {
        return NetworkCount.of(network);
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
      try (ResNet network =
          new ResNet(this, Initializer.shapesOnly(Initializer.ENCODER, variant))) {
        return NetworkCount.trainable(network, names);
      }
    }

    /**
     * Returns the size of h that {@link #build}'s network would have.
     *
     * @return numbers per image
     * @throws IllegalArgumentException naming the option, its value and what is allowed
     */
    public int featureDim() {
      check();
      return channels(width, 3) * (isBottleneck(depth) ? Bottleneck.EXPANSION : 1);
    }

    private void check() {
      stageBlocks(depth);
      if (!(width > 0 && width <= 64)) {
        throw new IllegalArgumentException("width is " + width + "; allowed: above 0, up to 64");
      }
      if (!(skRatio >= 0 && skRatio <= 1)) {
        throw new IllegalArgumentException("skRatio is " + skRatio + "; allowed: 0 to 1");
      }
      if (skRatio > 0 && !isBottleneck(depth)) {
        throw new IllegalArgumentException(
            "skRatio is "
                + skRatio
                + "; allowed: 0 for depth "
                + depth
                + ", whose blocks are not bottlenecks");
      }
    }
  }
}
