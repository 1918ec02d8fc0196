package dev.simclr.augment;

/**
 * How colours are changed: brightness, contrast, saturation and hue, each with a factor of its own,
 * in random order (torchvision's {@code ColorJitter} within {@code RandomApply}; the reference's
 * {@code color_jitter} for {@link Semantics#GOOGLE}). An operation of strength 0 is left out.
 *
 * @param probability that the operations are applied at all
 * @param brightness b at least 0: the factor is uniform in [max(0, 1 - b), 1 + b]
 * @param contrast as brightness
 * @param saturation as brightness
 * @param hue 0 to 0.5: the shift is uniform in [-hue, hue], in turns of the colour circle
 */
public record ColorJitter(
    double probability, double brightness, double contrast, double saturation, double hue)
    implements RandomOp {

  private static final double LARGEST_STRENGTH = 100;

  /** Changes no colours. */
  public static final ColorJitter NONE = new ColorJitter(0, 0, 0, 0, 0);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public ColorJitter {
    Checks.between("colour jitter probability", probability, 0, 1);
    Checks.between("brightness strength", brightness, 0, LARGEST_STRENGTH);
    Checks.between("contrast strength", contrast, 0, LARGEST_STRENGTH);
    Checks.between("saturation strength", saturation, 0, LARGEST_STRENGTH);
    Checks.between("hue strength", hue, 0, 0.5);
  }

  /**
   * SimCLR's jitter: probability 0.8, brightness, contrast and saturation 0.8 s, hue 0.2 s.
   *
   * @param s the strength: 1 for ImageNet, 0.5 for CIFAR-10, at most 2.5
   */
  public static ColorJitter simclr(double s) {
    return new ColorJitter(0.8, 0.8 * s, 0.8 * s, 0.8 * s, 0.2 * s);
  }
}
