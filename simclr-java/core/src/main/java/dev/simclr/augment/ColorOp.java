package dev.simclr.augment;

/** The operations of colour jitter, numbered as torchvision's {@code ColorJitter} numbers them. */
public enum ColorOp {
  /** x f, clamped to [0, 1]. */
  BRIGHTNESS,
  /** x f + m (1 - f), clamped to [0, 1]; m is the mean gray of the view at that moment. */
  CONTRAST,
  /** x f + y (1 - f), clamped to [0, 1]; y is the gray of the pixel at that moment. */
  SATURATION,
  /** A shift of the hue in HSV. */
  HUE
}
