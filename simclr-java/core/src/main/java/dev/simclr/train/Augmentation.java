package dev.simclr.train;

import dev.simclr.augment.AugmentConfig;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.Augmenter;
import dev.simclr.augment.ColorJitter;
import dev.simclr.augment.FloatAugmenter;
import dev.simclr.augment.RandomBlur;
import dev.simclr.augment.RandomCrop;
import dev.simclr.augment.ViewFormat;

/** Configuration of the views in the terms of {@code dev.simclr.augment}. */
final class Augmentation {
  private Augmentation() {}

  /** Returns what all views have in common, in training and evaluation. */
  static ViewFormat format(PretrainConfig config) {
    return EncoderConfig.of(config).format();
  }

  /** Returns what draws the views of training. */
  static AugmentSampler sampler(PretrainConfig config) {
    return new AugmentSampler(
        config.train().positives() == TrainConfig.Positives.IDENTICAL
            ? AugmentConfig.NONE
            : distributions(config.augment()));
  }

  /** Returns what computes the views, for one thread. */
  static Augmenter augmenter(PretrainConfig config) {
    return new FloatAugmenter(format(config));
  }

  private static AugmentConfig distributions(AugmentSettings s) {
    double strength = s.colorStrength();
    return new AugmentConfig(
        new RandomCrop(1, s.cropMin(), s.cropMax(), s.ratioMin(), s.ratioMax()),
        s.flip(),
        new ColorJitter(
            s.color(),
            s.brightness() * strength,
            s.contrast() * strength,
            s.saturation() * strength,
            s.hue() * strength),
        s.gray(),
        new RandomBlur(s.blur(), s.blurSigmaMin(), s.blurSigmaMax()));
  }
}
