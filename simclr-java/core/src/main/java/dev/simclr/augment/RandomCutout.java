package dev.simclr.augment;

/**
 * A black square, see {@link ViewOp.Cutout}. Its side, as a share of the side of the view, is
 * uniform and rounded to pixels, at least one; its centre is uniform over the pixels of the view,
 * and what would lie beyond the view is left out.
 *
 * @param probability that a view has a square
 * @param minSide smallest side of the square, as a share of the side of the view, above 0
 * @param maxSide largest side of the square, at most 1
 */
public record RandomCutout(double probability, double minSide, double maxSide) implements RandomOp {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public RandomCutout {
    Checks.between("cutout probability", probability, 0, 1);
    Checks.between("smallest cutout side", minSide, 1e-6, 1);
    Checks.between("largest cutout side", maxSide, 1e-6, 1);
    Checks.ordered("smallest cutout side", minSide, "largest cutout side", maxSide);
  }
}
