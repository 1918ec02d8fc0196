package dev.simclr.data;

import java.lang.foreign.MemorySegment;

/**
 * A part of an image, or of the image made smaller.
 *
 * @param pixels {@code [box.height, box.width, 3]} uint8, row-major, in native memory
 * @param box where the part lies in the image made smaller
 * @param reduction how many times smaller: 1, 2, 4 or 8; the smaller image has {@code ceil(height /
 *     reduction)} rows and likewise columns
 */
public record ImagePart(MemorySegment pixels, Box box, int reduction) {
  /**
   * Where a box of the full image lies in this part: exactly for reduction 1, else with each border
   * at the nearest border of a pixel, at least one pixel in size.
   *
   * @throws IllegalArgumentException if it is not within the part
   */
  public Box locate(Box full) {
    int top = nearest(full.top());
    int left = nearest(full.left());
    int bottom = nearest(full.top() + full.height());
    int right = nearest(full.left() + full.width());
    if (bottom == top) {
      top = full.top() / reduction;
      bottom = top + 1;
    }
    if (right == left) {
      left = full.left() / reduction;
      right = left + 1;
    }
    if (top < box.top()
        || left < box.left()
        || bottom > box.top() + box.height()
        || right > box.left() + box.width()) {
      throw new IllegalArgumentException(
          full + " is not within " + box + " of the image reduced by " + reduction);
    }
    return new Box(top - box.top(), left - box.left(), bottom - top, right - left);
  }

  private int nearest(int border) {
    return (border + reduction / 2) / reduction;
  }
}
