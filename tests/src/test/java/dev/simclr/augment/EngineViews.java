package dev.simclr.augment;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.simclr.torch.AugmentFormat.Isa;
import dev.simclr.torch.DType;
import dev.simclr.torch.TorchException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Runs the engine for tests, with each instruction set that this machine has. */
final class EngineViews {

  /** Those that can be named; {@link Isa#SCALAR} is one of them on every machine. */
  static final List<Isa> ISAS = available();

  private EngineViews() {}

  private static List<Isa> available() {
    List<Isa> isas = new ArrayList<>();
    for (Isa isa : List.of(Isa.SCALAR, Isa.AVX2, Isa.AVX512)) {
      try {
        MemorySegment image = noise(new Random(0), 1, 1);
        view(ViewFormat.of(1), isa, image, 1, 1, AugmentParams.identity(1, 1));
        isas.add(isa);
      } catch (TorchException e) {
        if (isa == Isa.SCALAR || e.kind() != TorchException.Kind.UNSUPPORTED) {
          throw e;
        }
      }
    }
    return isas;
  }

  /** Returns a view's values in the order of the format's layout. */
  static double[] view(
      ViewFormat format,
      Isa isa,
      MemorySegment image,
      int height,
      int width,
      AugmentParams params) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(format.bytes(), Float.BYTES);
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
