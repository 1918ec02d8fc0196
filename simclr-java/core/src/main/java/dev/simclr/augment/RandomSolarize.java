package dev.simclr.augment;

/**
 * Inversion of bright values, see {@link ViewOp.Solarize}.
 *
 * @param probability that a view is solarised
 * @param threshold from which values are inverted, 0 to 1
 */
public record RandomSolarize(double probability, double threshold) implements RandomOp {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public RandomSolarize {
    Checks.between("solarize probability", probability, 0, 1);
    Checks.between("solarize threshold", threshold, 0, 1);
  }
}
