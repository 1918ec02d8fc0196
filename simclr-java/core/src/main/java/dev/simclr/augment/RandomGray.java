package dev.simclr.augment;

/**
 * Conversion to gray, see {@link ViewOp.Gray}.
 *
 * @param probability that a view is converted
 */
public record RandomGray(double probability) implements RandomOp {

  /**
   * Checks the probability.
   *
   * @throws IllegalArgumentException if it is out of range
   */
  public RandomGray {
    Checks.between("gray probability", probability, 0, 1);
  }
}
