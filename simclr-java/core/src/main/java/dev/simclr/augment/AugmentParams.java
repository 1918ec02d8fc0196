package dev.simclr.augment;

import java.util.List;

/**
 * All that was drawn for one view. Applied in this order: crop and resize, flip, {@code order},
 * gray, blur.
 *
 * @param top first row of the crop, in pixels of the image
 * @param left first column of the crop
 * @param height rows of the crop, at least 1
 * @param width columns of the crop, at least 1
 * @param flip whether left and right are exchanged
 * @param order the colour operations to apply, each at most once, in their order; empty for no
 *     jitter
 * @param brightness factor of {@link ColorOp#BRIGHTNESS}, at least 0
 * @param contrast factor of {@link ColorOp#CONTRAST}, at least 0
 * @param saturation factor of {@link ColorOp#SATURATION}, at least 0
 * @param hue shift of {@link ColorOp#HUE} in turns, -0.5 to 0.5
 * @param gray whether the view is converted to gray
 * @param blurSigma standard deviation of the Gaussian blur in pixels of the view; 0 for no blur
 */
public record AugmentParams(
    int top,
    int left,
    int height,
    int width,
    boolean flip,
    List<ColorOp> order,
    float brightness,
    float contrast,
    float saturation,
    float hue,
    boolean gray,
    float blurSigma) {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException naming the value that is out of range
   */
  public AugmentParams {
    Checks.atLeast("top", top, 0);
    Checks.atLeast("left", left, 0);
    Checks.atLeast("height", height, 1);
    Checks.atLeast("width", width, 1);
    order = List.copyOf(order);
    if (order.size() > 1 && order.stream().distinct().count() != order.size()) {
      throw Checks.refused("order", order, "each operation at most once");
    }
    Checks.between("brightness", brightness, 0, Float.MAX_VALUE);
    Checks.between("contrast", contrast, 0, Float.MAX_VALUE);
    Checks.between("saturation", saturation, 0, Float.MAX_VALUE);
    Checks.between("hue", hue, -0.5, 0.5);
    Checks.between("blurSigma", blurSigma, 0, Float.MAX_VALUE);
  }

  /** These parameters with another crop. */
  public AugmentParams withCrop(int cropTop, int cropLeft, int cropHeight, int cropWidth) {
    return new AugmentParams(
        cropTop,
        cropLeft,
        cropHeight,
        cropWidth,
        flip,
        order,
        brightness,
        contrast,
        saturation,
        hue,
        gray,
        blurSigma);
  }

  /** A crop and nothing else. */
  public static AugmentParams crop(int top, int left, int height, int width) {
    return new AugmentParams(top, left, height, width, false, List.of(), 1, 1, 1, 0, false, 0);
  }

  /**
   * The whole image and nothing else.
   *
   * @param height rows of the image
   * @param width columns of the image
   */
  public static AugmentParams identity(int height, int width) {
    return crop(0, 0, height, width);
  }
}
