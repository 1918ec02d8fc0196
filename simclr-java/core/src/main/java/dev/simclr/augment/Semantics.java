package dev.simclr.augment;

/** Whose definition of crop, colour jitter and blur holds. */
public enum Semantics {
  /**
   * The float tensor path of torchvision's {@code transforms.v2}: {@code RandomResizedCrop} (share
   * of the area uniform, logarithm of the aspect ratio uniform), contrast towards the mean gray of
   * the view, saturation towards the gray of the pixel, a blur with reflected borders and a sigma
   * for each view.
   */
  TORCHVISION,
  /**
   * The TF2 code of the SimCLR reference: crops as TensorFlow's {@code
   * SampleDistortedBoundingBoxV2} draws them (aspect ratio uniform, height uniform, no crop under a
   * tenth of the image), contrast towards the mean of each channel, saturation in HSV, a clamp
   * after each operation of the jitter even where its strength is 0, and a blur with zeros beyond
   * the border whose sigma is one for all images of a batch. Views are clamped to [0, 1] before the
   * blur and at the end. Meant to go with {@link Interpolation#BICUBIC_TENSORFLOW}.
   */
  GOOGLE
}
