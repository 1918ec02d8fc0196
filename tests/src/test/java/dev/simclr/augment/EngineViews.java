package dev.simclr.augment;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.simclr.torch.AugmentFormat.Isa;
import dev.simclr.torch.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/** Runs the engine on one image, for tests. */
final class EngineViews {

  private EngineViews() {}

  /** Returns a view's values in the order of the format's layout. */
  static double[] view(
      ViewFormat format,
      Isa isa,
      MemorySegment image,
      int height,
      int width,
      AugmentParams params) {
    try (Arena arena = Arena.ofConfined()) {
      // Aligned as the buffers of training are: large views are then written past the caches.
      MemorySegment out = arena.allocate(format.bytes(), 64);
      new Augmenter(format, isa).apply(image, height, width, params, out, 0);
      return values(format, out);
    }
  }

  /** Returns a window of a resized image in the order of the format's layout. */
  static double[] window(
      ViewFormat format,
      Isa isa,
      MemorySegment image,
      int height,
      int width,
      long fullHeight,
      long fullWidth,
      long top,
      long left) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(format.bytes(), Float.BYTES);
      Augmenter augmenter = new Augmenter(format, isa);
      augmenter.addWindow(image, height, width, fullHeight, fullWidth, top, left, 0);
      augmenter.run(out);
      return values(format, out);
    }
  }

  /** Returns the values of a view in memory. */
  static double[] values(ViewFormat format, MemorySegment view) {
    double[] values = new double[format.values()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          format.dtype() == DType.BFLOAT16
              ? Float.intBitsToFloat(view.getAtIndex(JAVA_SHORT, i) << 16)
              : view.getAtIndex(JAVA_FLOAT, i);
    }
    return values;
  }

  /** Returns the nearest bfloat16, ties to the even one. */
  static double bfloat16(double value) {
    int bits = Float.floatToRawIntBits((float) value);
    int rounded = bits + 0x7FFF + (bits >>> 16 & 1) & 0xFFFF0000;
    return Float.intBitsToFloat(rounded);
  }

  /** Returns an image of independent, uniform bytes. */
  static MemorySegment noise(Random random, int height, int width) {
    byte[] bytes = new byte[3 * height * width];
    random.nextBytes(bytes);
    return MemorySegment.ofArray(bytes);
  }
}
