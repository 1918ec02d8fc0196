package dev.simclr.train;

import dev.simclr.model.ResNet;

/**
 * The encoder (YAML section {@code model}).
 *
 * @param encoder the architecture
 * @param width multiplier of all channel counts; 0.25 gives a stem of 16 channels
 * @param stem the first layers
 * @param variant the layout of the residual blocks
 * @param init what the first weights are drawn from
 * @param zeroGamma whether the last batch norm of each residual branch starts at scale 0, as in the
 *     SimCLR reference; {@code variant} does not imply it
 * @param resnetD whether an ImageNet stem is three 3x3 convolutions and shortcuts are
 *     average-pooled
 * @param skRatio width of the layers that mix selective kernels, as a share of a block's channels;
 *     SimCLR v2 uses 0.0625, together with {@code resnetD}; 0 means no selective kernels
 */
public record ModelConfig(
    Architecture encoder,
    double width,
    StemKind stem,
    BlockVariant variant,
    Init init,
    boolean zeroGamma,
    boolean resnetD,
    double skRatio) {
  /** The residual networks. */
  public enum Architecture {
    /** 18 layers, basic blocks. */
    RESNET18(18),
    /** 34 layers, basic blocks. */
    RESNET34(34),
    /** 50 layers, bottleneck blocks. */
    RESNET50(50),
    /** 101 layers, bottleneck blocks. */
    RESNET101(101),
    /** 152 layers, bottleneck blocks. */
    RESNET152(152),
    /** 200 layers, bottleneck blocks. */
    RESNET200(200);

    private final int depth;

    Architecture(int depth) {
      this.depth = depth;
    }

    /** Returns the number of layers. */
    public int depth() {
      return depth;
    }

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** The first layers of the network. */
  public enum StemKind {
    /** {@link #CIFAR} for views of 32 pixels or less, else {@link #IMAGENET}. */
    AUTO,
    /** 3x3 convolution with stride 1, no pooling. */
    CIFAR,
    /** 7x7 convolution with stride 2, then 3x3 max pooling with stride 2. */
    IMAGENET;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** What the first weights are drawn from ({@link dev.simclr.model.InitialWeights}). */
  public enum Init {
    /** As the variant's original does. */
    AUTO,
    /** As torchvision's networks. */
    TORCHVISION,
    /** As PyTorch's layers by themselves. */
    PYTORCH,
    /** As in the SimCLR reference. */
    GOOGLE;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** Where projection shortcuts are, and how weights start unless {@link Init} says otherwise. */
  public enum BlockVariant {
    /** As in torchvision. */
    TORCHVISION,
    /** As in the SimCLR reference: a projection shortcut in the first block of every stage. */
    GOOGLE;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /**
   * Refuses values that no run can use.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public ModelConfig {
    Keys.present("model.encoder", encoder);
    Keys.between("model.width", width, 0.0625, 8);
    Keys.present("model.stem", stem);
    Keys.present("model.variant", variant);
    Keys.present("model.init", init);
    Keys.between("model.sk_ratio", skRatio, 0, 1);
    if (skRatio > 0 && !ResNet.isBottleneck(encoder.depth())) {
      throw Keys.refused(
          "model.sk_ratio", skRatio, "0 for " + encoder + ", whose blocks are not bottlenecks");
    }
  }

  /** Returns the default values. */
  public static ModelConfig defaults() {
    return builder().build();
  }

  /** Returns a builder that starts at the default values. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts at these values. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.encoder = encoder;
    b.width = width;
    b.stem = stem;
    b.variant = variant;
    b.init = init;
    b.zeroGamma = zeroGamma;
    b.resnetD = resnetD;
    b.skRatio = skRatio;
    return b;
  }

  /** Collects values for a {@link ModelConfig}; each setter is named like its component. */
  public static final class Builder {
    private Architecture encoder = Architecture.RESNET18;
    private double width = 1.0;
    private StemKind stem = StemKind.AUTO;
    private BlockVariant variant = BlockVariant.TORCHVISION;
    private Init init = Init.AUTO;
    private boolean zeroGamma = false;
    private boolean resnetD = false;
    private double skRatio = 0.0;

    private Builder() {}

    /** Sets {@code encoder}. */
    public Builder encoder(Architecture value) {
      encoder = value;
      return this;
    }

    /** Sets {@code width}. */
    public Builder width(double value) {
      width = value;
      return this;
    }

    /** Sets {@code stem}. */
    public Builder stem(StemKind value) {
      stem = value;
      return this;
    }

    /** Sets {@code variant}. */
    public Builder variant(BlockVariant value) {
      variant = value;
      return this;
    }

    /** Sets {@code init}. */
    public Builder init(Init value) {
      init = value;
      return this;
    }

    /** Sets {@code zeroGamma}. */
    public Builder zeroGamma(boolean value) {
      zeroGamma = value;
      return this;
    }

    /** Sets {@code resnetD}. */
    public Builder resnetD(boolean value) {
      resnetD = value;
      return this;
    }

    /** Sets {@code skRatio}. */
    public Builder skRatio(double value) {
      skRatio = value;
      return this;
    }

    /**
     * Returns the values, checked.
     *
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public ModelConfig build() {
      return new ModelConfig(encoder, width, stem, variant, init, zeroGamma, resnetD, skRatio);
    }
  }
}
