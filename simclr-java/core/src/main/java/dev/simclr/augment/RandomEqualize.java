package dev.simclr.augment;

/**
 * Histogram equalisation, see {@link ViewOp.Equalize}.
 *
 * @param probability that a view is equalised
 */
public record RandomEqualize(double probability) implements RandomOp {

  /**
   * Checks the probability.
   *
   * @throws IllegalArgumentException if it is out of range
   */
  public RandomEqualize {
    Checks.between("equalize probability", probability, 0, 1);
  }
}
