package dev.simclr.augment;

/**
 * How views are blurred: with a Gaussian whose standard deviation is uniform, drawn for each view
 * or, with {@link Semantics#GOOGLE}, for all images of a batch; which of them are blurred is drawn
 * for each view. How many taps it has depends on the size of the view, see {@link
 * ViewFormat#blurTaps()}.
 *
 * @param probability that a view is blurred
 * @param minSigma smallest standard deviation in pixels of the view, above 0
 * @param maxSigma largest standard deviation in pixels of the view
 */
public record RandomBlur(double probability, double minSigma, double maxSigma) implements RandomOp {

  /** Never blurs. */
  public static final RandomBlur NONE = new RandomBlur(0, 0.1, 2);

  /** SimCLR's blur for ImageNet: probability 0.5, standard deviation 0.1 to 2. */
  public static final RandomBlur SIMCLR = new RandomBlur(0.5, 0.1, 2);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public RandomBlur {
    Checks.between("blur probability", probability, 0, 1);
    Checks.between("smallest blur sigma", minSigma, 1e-3, 1e3);
    Checks.between("largest blur sigma", maxSigma, 1e-3, 1e3);
    Checks.ordered("smallest blur sigma", minSigma, "largest blur sigma", maxSigma);
  }
}
