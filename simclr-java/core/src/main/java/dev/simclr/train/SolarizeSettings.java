package dev.simclr.train;

import dev.simclr.augment.RandomSolarize;

/**
 * Solarisation.
 *
 * @param solarize probability of solarisation
 * @param solarizeThreshold values from here on are inverted, 0 to 1
 */
public record SolarizeSettings(double solarize, double solarizeThreshold) implements Inline {
  static final SolarizeSettings DEFAULTS = new SolarizeSettings(0, 0.5);

  void check(String section) {
    Keys.between(section + "solarize", solarize, 0, 1);
    Keys.between(section + "solarize_threshold", solarizeThreshold, 0, 1);
  }

  RandomSolarize op() {
    return new RandomSolarize(solarize, solarizeThreshold);
  }
}
