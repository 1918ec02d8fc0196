package dev.simclr.train;

import dev.simclr.augment.RandomNoise;

/**
 * Gaussian noise.
 *
 * @param noise probability of Gaussian noise
 * @param noiseMin smallest standard deviation of the noise, for values in [0, 1]
 * @param noiseMax largest standard deviation of the noise
 */
public record NoiseSettings(double noise, double noiseMin, double noiseMax) implements Inline {
  static final NoiseSettings DEFAULTS = new NoiseSettings(0, 0.01, 0.1);

  void check(String section) {
    Keys.between(section + "noise", noise, 0, 1);
    Keys.between(section + "noise_min", noiseMin, 0, 10);
    Keys.between(section + "noise_max", noiseMax, 0, 10);
    Keys.ordered(section + "noise_min", noiseMin, section + "noise_max", noiseMax);
  }

  RandomNoise op() {
    return new RandomNoise(noise, noiseMin, noiseMax);
  }
}
