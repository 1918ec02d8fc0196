package dev.simclr.train;

import dev.simclr.augment.AugmentConfig;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.Augmenter;
import dev.simclr.augment.RandomCrop;
import dev.simclr.augment.Semantics;
import dev.simclr.augment.ViewFormat;
import dev.simclr.torch.DType;
import java.util.List;
import java.util.stream.IntStream;

/** Configuration of the views in the terms of {@code dev.simclr.augment}. */
public final class Augmentation {
  private static final System.Logger LOG = System.getLogger(Augmentation.class.getName());

  private Augmentation() {}

  /** Logs a warning for each choice that has no effect on the views. */
  public static void warnOfIdle(AugmentSettings settings) {
    settings.idle().forEach(choice -> LOG.log(System.Logger.Level.WARNING, choice));
  }

  /** Returns what all views have in common in evaluation: float32. */
  static ViewFormat format(PretrainConfig config) {
    return EncoderConfig.of(config).format();
  }

  /**
   * Returns what all views have in common in training.
   *
   * @param bf16 whether the network computes in bfloat16, which its first convolution would convert
   *     float32 views to
   */
  static ViewFormat format(PretrainConfig config, boolean bf16) {
    return bf16 ? format(config).withDtype(DType.BFLOAT16) : format(config);
  }

  /** Returns for each view what draws it in training. */
  public static List<AugmentSampler> samplers(PretrainConfig config) {
    AugmentSettings settings = config.augment();
    Semantics semantics = semantics(settings);
    boolean identical = config.train().positives() == TrainConfig.Positives.IDENTICAL;
    return IntStream.range(0, settings.views())
        .mapToObj(view ->
            identical
                ? new AugmentConfig(semantics, RandomCrop.NONE, 0, List.of())
                : settings.viewAt(view).config(semantics))
        .map(pipeline -> new AugmentSampler(pipeline, config.data().imageSize()))
        .toList();
  }

  /**
   * Returns what fine-tuning draws for a view by default, random crop and flip as in the paper, by
   * the semantics of the run.
   */
  public static AugmentConfig cropAndFlip(PretrainConfig config) {
    return new AugmentConfig(semantics(config.augment()), RandomCrop.SIMCLR, 0.5, List.of());
  }

  private static Semantics semantics(AugmentSettings settings) {
    return switch (settings.semantics()) {
      case TORCHVISION -> Semantics.TORCHVISION;
      case GOOGLE -> Semantics.GOOGLE;
    };
  }

  /** Returns what computes views in float32, for one thread. */
  static Augmenter augmenter(PretrainConfig config) {
    return new Augmenter(format(config));
  }

  /** Returns what computes the views of training, for one thread. */
  static Augmenter augmenter(PretrainConfig config, boolean bf16) {
    return new Augmenter(format(config, bf16));
  }
}
