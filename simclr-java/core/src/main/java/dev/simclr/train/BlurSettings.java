package dev.simclr.train;

import dev.simclr.augment.RandomBlur;

/**
 * Gaussian blur.
 *
 * @param blur probability of Gaussian blur
 * @param blurSigmaMin smallest standard deviation of the blur, in pixels
 * @param blurSigmaMax largest standard deviation of the blur, in pixels
 */
public record BlurSettings(double blur, double blurSigmaMin, double blurSigmaMax)
    implements Inline {
  static final BlurSettings DEFAULTS = new BlurSettings(0, 0.1, 2);

  void check(String section) {
    Keys.between(section + "blur", blur, 0, 1);
    Keys.between(section + "blur_sigma_min", blurSigmaMin, 0.001, 100);
    Keys.between(section + "blur_sigma_max", blurSigmaMax, 0.001, 100);
    Keys.ordered(
        section + "blur_sigma_min", blurSigmaMin, section + "blur_sigma_max", blurSigmaMax);
  }

  RandomBlur op() {
    return new RandomBlur(blur, blurSigmaMin, blurSigmaMax);
  }
}
