package dev.simclr.augment;

import java.lang.foreign.MemorySegment;

/**
 * Computes views. Implementations differ in speed and device, not in what a view is: given the same
 * parameters their values agree to 1e-5.
 *
 * <p>An instance belongs to one thread at a time: it reuses its memory from view to view.
 */
public interface Augmenter {

  /** The format of the views. */
  ViewFormat format();

  /**
   * Computes one view.
   *
   * @param image uint8 [height, width, 3] in row-major order, exactly that many bytes; only read
   * @param height rows of the image, at least 1
   * @param width columns of the image, at least 1
   * @param params what to do; its crop lies within the image
   * @param out receives {@link ViewFormat#bytes()} bytes of float32 in native byte order, and not
   *     one byte beside them
   * @param outOffset where in {@code out}, in bytes
   * @throws IllegalArgumentException if the image has another size or the crop leaves it
   * @throws IndexOutOfBoundsException if the view does not fit in {@code out}
   */
  void apply(
      MemorySegment image,
      int height,
      int width,
      AugmentParams params,
      MemorySegment out,
      long outOffset);
}
