package dev.simclr.augment;

/**
 * Gaussian noise on every value, see {@link ViewOp.Noise}. Its standard deviation is uniform.
 *
 * @param probability that a view gets noise
 * @param minStd smallest standard deviation, for values in [0, 1]
 * @param maxStd largest standard deviation
 */
public record RandomNoise(double probability, double minStd, double maxStd) implements RandomOp {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public RandomNoise {
    Checks.between("noise probability", probability, 0, 1);
    Checks.between("smallest noise std", minStd, 0, 1e3);
    Checks.between("largest noise std", maxStd, 0, 1e3);
    Checks.ordered("smallest noise std", minStd, "largest noise std", maxStd);
  }
}
