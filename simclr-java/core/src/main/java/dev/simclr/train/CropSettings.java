package dev.simclr.train;

import dev.simclr.augment.RandomCrop;

/**
 * Random crops.
 *
 * @param cropMin smallest share of the area that a crop keeps
 * @param cropMax largest share of the area that a crop keeps; with equal shares of 1 and equal
 *     ratios of 1, a square image is kept whole
 * @param ratioMin smallest width divided by height of a crop
 * @param ratioMax largest width divided by height of a crop
 */
public record CropSettings(double cropMin, double cropMax, double ratioMin, double ratioMax)
    implements Inline {
  static final CropSettings DEFAULTS = new CropSettings(0.08, 1, 0.75, 4.0 / 3);

  void check(String section) {
    Keys.between(section + "crop_min", cropMin, 1e-4, 1);
    Keys.between(section + "crop_max", cropMax, 1e-4, 1);
    Keys.between(section + "ratio_min", ratioMin, 0.01, 100);
    Keys.between(section + "ratio_max", ratioMax, 0.01, 100);
    Keys.ordered(section + "crop_min", cropMin, section + "crop_max", cropMax);
    Keys.ordered(section + "ratio_min", ratioMin, section + "ratio_max", ratioMax);
  }

  /** Whether every crop of a square is all of it. */
  boolean keepsSquares() {
    return cropMin == 1 && ratioMin <= 1 && ratioMax >= 1;
  }

  RandomCrop crop() {
    return new RandomCrop(1, cropMin, cropMax, ratioMin, ratioMax);
  }
}
