package dev.simclr.data;

/**
 * A rectangle of pixels.
 *
 * @param top its first row, at least 0
 * @param left its first column, at least 0
 * @param height rows, at least 1
 * @param width columns, at least 1
 */
public record Box(int top, int left, int height, int width) {
  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is too small
   */
  public Box {
    if (top < 0 || left < 0 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "a box needs top and left of at least 0, height and width of at least 1, got "
              + "%d, %d, %d, %d".formatted(top, left, height, width));
    }
  }

  /** The smallest box that contains this one and another. */
  public Box union(Box other) {
    int first = Math.min(top, other.top);
    int start = Math.min(left, other.left);
    return new Box(
        first,
        start,
        Math.max(top + height, other.top + other.height) - first,
        Math.max(left + width, other.left + other.width) - start);
  }
}
