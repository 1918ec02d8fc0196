package dev.simclr.augment;

/**
 * What is drawn for a view. Every operation has a probability; 0 switches it off and changes
 * nothing about what is drawn for the others.
 *
 * @param crop random resized crop
 * @param flip probability of a horizontal flip
 * @param jitter colour jitter
 * @param gray probability of conversion to gray
 * @param blur Gaussian blur
 */
public record AugmentConfig(
    RandomCrop crop, double flip, ColorJitter jitter, double gray, RandomBlur blur) {

  /** Nothing random: the whole image, resized. */
  public static final AugmentConfig NONE =
      new AugmentConfig(RandomCrop.NONE, 0, ColorJitter.NONE, 0, RandomBlur.NONE);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public AugmentConfig {
    Checks.between("flip probability", flip, 0, 1);
    Checks.between("gray probability", gray, 0, 1);
  }

  /**
   * SimCLR's augmentation without blur, as for CIFAR-10: crop of area 0.08 to 1, flip with
   * probability 0.5, jitter with 0.8, gray with 0.2.
   *
   * @param strength of the colour jitter, see {@link ColorJitter#simclr}
   */
  public static AugmentConfig simclr(double strength) {
    return new AugmentConfig(
        RandomCrop.SIMCLR, 0.5, ColorJitter.simclr(strength), 0.2, RandomBlur.NONE);
  }

  /** The same with another crop. */
  public AugmentConfig withCrop(RandomCrop value) {
    return new AugmentConfig(value, flip, jitter, gray, blur);
  }

  /** The same with another probability of a flip. */
  public AugmentConfig withFlip(double value) {
    return new AugmentConfig(crop, value, jitter, gray, blur);
  }

  /** The same with another colour jitter. */
  public AugmentConfig withJitter(ColorJitter value) {
    return new AugmentConfig(crop, flip, value, gray, blur);
  }

  /** The same with another probability of conversion to gray. */
  public AugmentConfig withGray(double value) {
    return new AugmentConfig(crop, flip, jitter, value, blur);
  }

  /** The same with another blur. */
  public AugmentConfig withBlur(RandomBlur value) {
    return new AugmentConfig(crop, flip, jitter, gray, value);
  }
}
