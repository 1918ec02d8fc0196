package dev.simclr.train;

import dev.simclr.augment.Interpolation;
import dev.simclr.augment.Normalization;
import dev.simclr.augment.PixelLayout;
import dev.simclr.augment.ViewFormat;
import dev.simclr.model.InitialWeights;
import dev.simclr.model.NetworkCount;
import dev.simclr.model.ResNet;
import dev.simclr.model.Stem;
import dev.simclr.model.Variant;
import dev.simclr.torch.DType;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What it takes to use the weights of an encoder: the architecture, and how images are prepared.
 * The encoder file of a run has it as metadata, so that the file can be used without its run.
 *
 * @param model the architecture
 * @param imageSize height and width of a view, in pixels, 8 to 1024
 * @param interpolation how images are resized
 * @param mean per channel, subtracted from values in [0, 1]; absent means no normalisation
 * @param std per channel, divides after the mean is subtracted; given exactly when {@code mean} is
 */
public record EncoderConfig(
    ModelConfig model,
    int imageSize,
    AugmentSettings.Filter interpolation,
    Optional<List<Double>> mean,
    Optional<List<Double>> std) {

  /**
   * Refuses values that no encoder can have.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public EncoderConfig {
    Objects.requireNonNull(model, "model");
    // The sections of a run's configuration have these values too, and check them.
    DataConfig.builder().imageSize(imageSize).build();
    AugmentSettings.Builder views = AugmentSettings.builder().interpolation(interpolation);
    mean.ifPresent(views::mean);
    std.ifPresent(views::std);
    AugmentSettings checked = views.build();
    mean = checked.mean();
    std = checked.std();
  }

  /**
   * Describes an encoder for bilinear views without normalisation, which is how runs train by
   * default.
   */
  public static EncoderConfig of(ModelConfig model, int imageSize) {
    return new EncoderConfig(
        model, imageSize, AugmentSettings.Filter.BILINEAR, Optional.empty(), Optional.empty());
  }

  /** Returns the encoder's share of a run's configuration. */
  public static EncoderConfig of(PretrainConfig config) {
    AugmentSettings views = config.augment();
    return new EncoderConfig(
        config.model(), config.data().imageSize(), views.filter(), views.mean(), views.std());
  }

  /**
   * Reads the metadata of an encoder file.
   *
   * @param metadata strings of the file's header; others than the encoder's are ignored
   * @param origin the file, for messages
   * @throws dev.simclr.checkpoint.CheckpointException naming the file and the value that is missing
   *     or wrong
   */
  public static EncoderConfig of(Map<String, String> metadata, String origin) {
    return new EncoderMetadata(metadata, origin).read();
  }

  /**
   * Reads from the metadata of an encoder file how images are prepared, for a network of the
   * caller's: {@code model} is the default one, and means nothing.
   *
   * @param metadata strings of the file's header; others than these are ignored
   * @param origin the file, for messages
   * @throws dev.simclr.checkpoint.CheckpointException naming the file and the value that is missing
   *     or wrong
   */
  public static EncoderConfig ofViews(Map<String, String> metadata, String origin) {
    return new EncoderMetadata(metadata, origin).readViews();
  }

  /**
   * Returns whether the metadata of a file describe an encoder. Those of other origin, such as
   * torchvision's, and of networks of a caller's own do not.
   */
  public static boolean isIn(Map<String, String> metadata) {
    return EncoderMetadata.isIn(metadata);
  }

  /**
   * Returns whether the metadata of a file are those of a network of a caller's own: they say how
   * images are prepared, and nothing about the architecture.
   */
  public static boolean isOfOwnNetwork(Map<String, String> metadata) {
    return EncoderMetadata.isOfViewsOnly(metadata);
  }

  /** Returns this configuration with pixels normalised as (x - mean) / std. */
  public EncoderConfig normalized(List<Double> newMean, List<Double> newStd) {
    return new EncoderConfig(
        model, imageSize, interpolation, Optional.of(newMean), Optional.of(newStd));
  }

  /** Returns the metadata that an encoder file has, under the keys of a run's configuration. */
  public Map<String, String> metadata() {
    return EncoderMetadata.of(this);
  }

  /** Returns the format of the views that the network takes: float32, channels last. */
  public ViewFormat format() {
    Interpolation filter =
        switch (interpolation) {
          case BILINEAR -> Interpolation.BILINEAR;
          case BICUBIC -> Interpolation.BICUBIC;
          case BICUBIC_TENSORFLOW -> Interpolation.BICUBIC_TENSORFLOW;
        };
    // Both are given, or neither is.
    Optional<Normalization> normalization =
        mean.map(values -> new Normalization(values, std.orElseThrow()));
    return new ViewFormat(
        imageSize, DType.FLOAT32, PixelLayout.CHANNELS_LAST, filter, normalization);
  }

  /**
   * Builds the network on the CPU, with random weights.
   *
   * @param seed determines the weights
   */
  public ResNet network(long seed) {
    return architecture().seed(seed).build();
  }

  /** Returns the size of the network, without building it. */
  public NetworkCount count() {
    return architecture().count();
  }

  /** Counts the trainable numbers of the tensors with some names, without building the network. */
  long trainable(Predicate<String> names) {
    return architecture().trainable(names);
  }

  /** Returns the width of h. */
  public int featureDim() {
    return architecture().featureDim();
  }

  private ResNet.Builder architecture() {
    return ResNet.builder()
        .depth(model.encoder().depth())
        .width(model.width())
        .stem(
            switch (model.stem()) {
              case CIFAR -> Stem.CIFAR;
              case IMAGENET -> Stem.IMAGENET;
              case AUTO -> imageSize <= 32 ? Stem.CIFAR : Stem.IMAGENET;
            })
        .variant(variant())
        .initialWeights(initialWeights())
        .zeroGamma(model.zeroGamma())
        .resnetD(model.resnetD())
        .skRatio(model.skRatio());
  }

  InitialWeights initialWeights() {
    return switch (model.init()) {
      case AUTO -> variant().initialWeights();
      case TORCHVISION -> InitialWeights.TORCHVISION;
      case PYTORCH -> InitialWeights.PYTORCH;
      case GOOGLE -> InitialWeights.GOOGLE;
    };
  }

  Variant variant() {
    return switch (model.variant()) {
      case TORCHVISION -> Variant.TORCHVISION;
      case GOOGLE -> Variant.GOOGLE;
    };
  }
}
