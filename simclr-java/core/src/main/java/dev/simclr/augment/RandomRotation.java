package dev.simclr.augment;

/**
 * Rotation by 0, 90, 180 or 270 degrees, each equally likely, see {@link ViewOp.Rotation}.
 *
 * @param probability that a view is rotated; with 1, three quarters of the views are turned
 */
public record RandomRotation(double probability) implements RandomOp {

  /**
   * Checks the probability.
   *
   * @throws IllegalArgumentException if it is out of range
   */
  public RandomRotation {
    Checks.between("rotation probability", probability, 0, 1);
  }
}
