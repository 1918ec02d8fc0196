package dev.simclr.augment;

import java.util.List;

/**
 * The map (x - mean) / std of each channel, the last operation of a view.
 *
 * @param mean of red, green and blue, for values in [0, 1]
 * @param std of red, green and blue, above 0
 */
public record Normalization(List<Double> mean, List<Double> std) {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if there are not three of each, or naming one out of range
   */
  public Normalization {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    requireThree("mean", mean);
    requireThree("std", std);
    for (int c = 0; c < 3; c++) {
      Checks.between("mean[" + c + "]", mean.get(c), -1e3, 1e3);
      Checks.between("std[" + c + "]", std.get(c), 1e-6, 1e3);
    }
  }

  private static void requireThree(String name, List<Double> values) {
    if (values.size() != 3) {
      throw Checks.refused(name, values, "three numbers, one per channel");
    }
  }
}
