package dev.simclr.train;

import dev.simclr.augment.RandomCutout;

/**
 * Cutout.
 *
 * @param cutout probability of a black square
 * @param cutoutMin smallest side of the square, as a share of the side of the view
 * @param cutoutMax largest side of the square, as a share of the side of the view
 */
public record CutoutSettings(double cutout, double cutoutMin, double cutoutMax) implements Inline {
  static final CutoutSettings DEFAULTS = new CutoutSettings(0, 0.5, 0.5);

  void check(String section) {
    Keys.between(section + "cutout", cutout, 0, 1);
    Keys.between(section + "cutout_min", cutoutMin, 0.001, 1);
    Keys.between(section + "cutout_max", cutoutMax, 0.001, 1);
    Keys.ordered(section + "cutout_min", cutoutMin, section + "cutout_max", cutoutMax);
  }

  RandomCutout op() {
    return new RandomCutout(cutout, cutoutMin, cutoutMax);
  }
}
