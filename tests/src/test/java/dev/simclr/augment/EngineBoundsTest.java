package dev.simclr.augment;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.simclr.testing.GuardedMemory;
import dev.simclr.torch.AugmentFormat.Isa;
import dev.simclr.torch.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Nothing is read outside the image and nothing is written outside the view. Image and output lie
 * at the end of a page after which, or at the beginning of a page before which, nothing can be
 * touched without the end of the process.
 */
class EngineBoundsTest {
  private static final int LARGEST = 70;

  /** Large enough that float32 and bfloat16 are written past the caches. */
  private static final int STREAMED = 152;

  private static final int LARGEST_IMAGE = 90;
  private static final byte UNTOUCHED = 0x5A;

  @TestFactory
  Stream<DynamicTest> nothingOutsideImageAndViewIsTouched() {
    return IntStream.concat(IntStream.rangeClosed(1, LARGEST), IntStream.of(STREAMED))
        .mapToObj(size -> dynamicTest(size + " pixels", () -> check(size, new Random(size))));
  }

  private static void check(int size, Random random) {
    try (GuardedMemory images = new GuardedMemory(3L * LARGEST_IMAGE * LARGEST_IMAGE);
        GuardedMemory outputs = new GuardedMemory(3L * size * size * Float.BYTES)) {
      // Filters take turns: over the sizes each meets each layout and type.
      Interpolation[] filters = Interpolation.values();
      int filter = size;
      for (PixelLayout layout : PixelLayout.values()) {
        for (DType dtype : List.of(DType.FLOAT32, DType.BFLOAT16)) {
          Interpolation interpolation = filters[filter++ % filters.length];
          check(
              new ViewFormat(size, dtype, layout, interpolation, Optional.empty()),
              images,
              outputs,
              random);
        }
      }
    }
  }

  private static void check(
      ViewFormat format, GuardedMemory images, GuardedMemory outputs, Random random) {
    int height = random.nextInt(1, LARGEST_IMAGE + 1);
    int width = random.nextInt(1, LARGEST_IMAGE + 1);
    long bytes = 3L * height * width;
    MemorySegment pixels = EngineViews.noise(random, height, width);
    List<ViewOp> ops = ops(format.size(), random);
    // A box in each corner, and all of the image.
    int h = random.nextInt(1, height + 1);
    int w = random.nextInt(1, width + 1);
    for (int corner = 0; corner < 5; corner++) {
      AugmentParams params =
          corner == 4
              ? new AugmentParams(0, 0, height, width, random.nextBoolean(), ops)
              : new AugmentParams(
                  (corner & 1) * (height - h),
                  (corner >> 1) * (width - w),
                  h,
                  w,
                  random.nextBoolean(),
                  ops);
      for (Isa isa : EngineIsas.available()) {
        double[] expected = EngineViews.view(format, isa, pixels, height, width, params);
        for (boolean end : new boolean[] {false, true}) {
          MemorySegment image = end ? images.beforeGuard(bytes) : images.afterGuard(bytes);
          MemorySegment out =
              end ? outputs.beforeGuard(format.bytes()) : outputs.afterGuard(format.bytes());
          image.copyFrom(pixels);
          out.fill(UNTOUCHED);
          new Augmenter(format, isa).apply(image, height, width, params, out, 0);
          String what = isa + ", " + format + ", " + params + ", at the end: " + end;
          assertClose(expected, EngineViews.values(format, out), 0, 0, what);
          assertEquals(-1, image.mismatch(pixels), what);
        }
      }
    }
  }

  /** One of each kind that has code of its own. */
  private static List<ViewOp> ops(int size, Random random) {
    List<ViewOp> all =
        List.of(
            new ViewOp.Contrast(1.2f),
            new ViewOp.ContrastChannels(0.8f),
            new ViewOp.Hue(0.1f),
            new ViewOp.Blur(1.5f),
            new ViewOp.BlurZero(1.5f),
            new ViewOp.Equalize(),
            new ViewOp.Rotation(1),
            new ViewOp.Sobel(),
            new ViewOp.Noise(0.1f, 7),
            new ViewOp.Crop(size - 1, 0, 1, size),
            new ViewOp.Crop(0, size / 2, size, size - size / 2),
            new ViewOp.Cutout(size - 1, size - 1, 1, 1));
    return random.nextBoolean() ? all : List.of();
  }

  @TestFactory
  Stream<DynamicTest> otherRowsAreNotTouched() {
    return IntStream.concat(IntStream.rangeClosed(1, LARGEST), IntStream.of(STREAMED))
        .mapToObj(size -> dynamicTest(size + " pixels", () -> checkRows(size, new Random(size))));
  }

  private static void checkRows(int size, Random random) {
    MemorySegment image = EngineViews.noise(random, 9, 11);
    for (PixelLayout layout : PixelLayout.values()) {
      for (DType dtype : List.of(DType.FLOAT32, DType.BFLOAT16)) {
        ViewFormat format =
            new ViewFormat(size, dtype, layout, Interpolation.BILINEAR, Optional.empty());
        for (Isa isa : EngineIsas.available()) {
          long bytes = format.bytes();
          try (GuardedMemory memory = new GuardedMemory(5 * bytes)) {
            MemorySegment out = memory.beforeGuard(5 * bytes);
            out.fill(UNTOUCHED);
            Augmenter augmenter = new Augmenter(format, isa);
            augmenter.add(image, 9, 11, AugmentParams.identity(9, 11), 3);
            augmenter.add(image, 9, 11, AugmentParams.identity(9, 11), 1);
            augmenter.run(out);
            for (int row = 0; row < 5; row += 2) {
              for (byte value : out.asSlice(row * bytes, bytes).toArray(ValueLayout.JAVA_BYTE)) {
                if (value != UNTOUCHED) {
                  fail(isa + ", " + format + ": row " + row + " has changed");
                }
              }
            }
            assertEquals(-1, out.asSlice(bytes, bytes).mismatch(out.asSlice(3 * bytes, bytes)));
          }
        }
      }
    }
  }
}
