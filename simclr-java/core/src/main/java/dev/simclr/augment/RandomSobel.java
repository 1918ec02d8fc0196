package dev.simclr.augment;

/**
 * Sobel filtering, see {@link ViewOp.Sobel}.
 *
 * @param probability that a view is filtered
 */
public record RandomSobel(double probability) implements RandomOp {

  /**
   * Checks the probability.
   *
   * @throws IllegalArgumentException if it is out of range
   */
  public RandomSobel {
    Checks.between("sobel probability", probability, 0, 1);
  }
}
