package dev.simclr.torch;

import java.util.Arrays;

/** Checks of shapes that a caller gives. */
final class Shapes {

  private Shapes() {}

  /**
   * Returns the number of elements.
   *
   * @throws IllegalArgumentException if a size is negative or the product overflows
   */
  static long numel(long[] shape) {
    long numel = 1;
    for (long size : shape) {
      if (size < 0) {
        throw new IllegalArgumentException(
            "shape: " + Arrays.toString(shape) + ", sizes must not be negative");
      }
      if (size != 0 && numel > Long.MAX_VALUE / Long.BYTES / size) {
        throw new IllegalArgumentException(
            "shape: " + Arrays.toString(shape) + ", has too many elements");
      }
      numel *= size;
    }
    return numel;
  }

  /**
   * @throws IllegalArgumentException unless the shape has this many elements
   */
  static void requireNumel(long expected, long[] shape) {
    if (numel(shape) != expected) {
      throw new IllegalArgumentException(
          "shape: "
              + Arrays.toString(shape)
              + " has "
              + numel(shape)
              + " elements, the data has "
              + expected);
    }
  }
}
