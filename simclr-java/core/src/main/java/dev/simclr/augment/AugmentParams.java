package dev.simclr.augment;

import java.util.List;

/**
 * All that was drawn for one view. Applied in this order: crop and resize, flip, the operations,
 * and the normalisation of the {@link ViewFormat}. {@link #toString} shows all of it.
 *
 * @param top first row of the crop, in pixels of the image
 * @param left first column of the crop
 * @param height rows of the crop, at least 1
 * @param width columns of the crop, at least 1
 * @param flip whether left and right are exchanged
 * @param ops the operations in their order, at most {@link #MAX_OPS}
 */
public record AugmentParams(
    int top, int left, int height, int width, boolean flip, List<ViewOp> ops) {

  /** Most operations of a view. */
  public static final int MAX_OPS = 16;

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
    ops = List.copyOf(ops);
    if (ops.size() > MAX_OPS) {
      throw Checks.refused("number of operations", ops.size(), "at most " + MAX_OPS);
    }
  }

  /** These parameters with another crop. */
  public AugmentParams withCrop(int cropTop, int cropLeft, int cropHeight, int cropWidth) {
    return new AugmentParams(cropTop, cropLeft, cropHeight, cropWidth, flip, ops);
  }

  /** A crop and nothing else. */
  public static AugmentParams crop(int top, int left, int height, int width) {
    return new AugmentParams(top, left, height, width, false, List.of());
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
