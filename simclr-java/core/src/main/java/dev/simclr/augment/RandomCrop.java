package dev.simclr.augment;

/**
 * Ranges of random crops; how they are drawn from these is up to the {@link Semantics}.
 *
 * @param probability that a part of the image is cropped; otherwise the whole image is resized
 * @param minArea smallest share of the area of the image, above 0
 * @param maxArea largest share of the area of the image, at most 1
 * @param minRatio smallest width divided by height
 * @param maxRatio largest width divided by height
 */
public record RandomCrop(
    double probability, double minArea, double maxArea, double minRatio, double maxRatio) {

  /** Never crops: the whole image is resized. */
  public static final RandomCrop NONE = new RandomCrop(0, 1, 1, 1, 1);

  /** SimCLR's ranges: area 0.08 to 1, aspect ratio 3/4 to 4/3. */
  public static final RandomCrop SIMCLR = new RandomCrop(1, 0.08, 1, 3.0 / 4, 4.0 / 3);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public RandomCrop {
    Checks.between("crop probability", probability, 0, 1);
    Checks.between("smallest crop area", minArea, 1e-6, 1);
    Checks.between("largest crop area", maxArea, 1e-6, 1);
    Checks.ordered("smallest crop area", minArea, "largest crop area", maxArea);
    Checks.between("smallest crop ratio", minRatio, 1e-3, 1e3);
    Checks.between("largest crop ratio", maxRatio, 1e-3, 1e3);
    Checks.ordered("smallest crop ratio", minRatio, "largest crop ratio", maxRatio);
  }
}
