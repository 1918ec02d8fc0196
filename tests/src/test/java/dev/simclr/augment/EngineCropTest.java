package dev.simclr.augment;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.simclr.torch.AugmentFormat.Isa;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Crops of views at every size from 1 to 70 pixels, with each interpolation. */
class EngineCropTest {
  private static final int LARGEST = 70;
  private static final double TOLERANCE = 1e-5;

  private interface FormatTest {
    void run(ViewFormat format, Random random);
  }

  private static Stream<DynamicTest> formats(FormatTest test) {
    return IntStream.rangeClosed(1, LARGEST)
        .mapToObj(size ->
            dynamicTest(
                size + " pixels",
                () -> {
                  for (Interpolation interpolation : Interpolation.values()) {
                    test.run(
                        ViewFormat.of(size).withInterpolation(interpolation), new Random(size));
                  }
                }));
  }

  /** Returns any box of a view. */
  static ViewOp.Crop crop(int size, Random random) {
    int top = random.nextInt(size);
    int left = random.nextInt(size);
    int height = random.nextInt(1, size - top + 1);
    return new ViewOp.Crop(top, left, height, random.nextInt(1, size - left + 1));
  }

  /** Nothing else is done, so that what a cubic filter overshoots is seen too. */
  @TestFactory
  Stream<DynamicTest> oneCrop() {
    return formats((format, random) -> {
      MemorySegment image = EngineViews.noise(random, 40, 30);
      for (int i = 0; i < 4; i++) {
        check(format, image, List.of(crop(format.size(), random)));
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> cropsBetweenOtherOperations() {
    return formats((format, random) -> {
      int size = format.size();
      MemorySegment image = EngineViews.noise(random, 40, 30);
      List<ViewOp> ops =
          List.of(
              new ViewOp.Noise(0.1f, random.nextLong()),
              crop(size, random),
              new ViewOp.Contrast(0.7f),
              crop(size, random),
              crop(size, random),
              new ViewOp.Blur(1.1f),
              crop(size, random),
              new ViewOp.Rotation(1));
      check(format, image, ops);
    });
  }

  private static void check(ViewFormat format, MemorySegment image, List<ViewOp> ops) {
    AugmentParams params = new AugmentParams(5, 3, 33, 21, true, ops);
    double[] expected = new ReferenceAugmenter(format).view(image, 40, 30, params);
    for (Isa isa : EngineIsas.available()) {
      double[] actual = EngineViews.view(format, isa, image, 40, 30, params);
      assertClose(expected, actual, TOLERANCE, 0, isa + ", " + format + ", " + params);
    }
  }

  /** Also of values beyond [0, 1]: nothing is clamped. */
  @TestFactory
  Stream<DynamicTest> aCropOfAllOfTheViewChangesNothing() {
    return formats((format, random) -> {
      int size = format.size();
      MemorySegment image = EngineViews.noise(random, 9, 11);
      List<ViewOp> ops = List.of(new ViewOp.Crop(0, 0, size, size));
      for (Isa isa : EngineIsas.available()) {
        assertArrayEquals(
            EngineViews.view(format, isa, image, 9, 11, AugmentParams.identity(9, 11)),
            EngineViews.view(format, isa, image, 9, 11, new AugmentParams(0, 0, 9, 11, false, ops)),
            isa + ", " + format);
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> aCropOfOnePixelIsThatPixel() {
    return formats((format, random) -> {
      int size = format.size();
      MemorySegment image = EngineViews.noise(random, 9, 11);
      int row = random.nextInt(size);
      int column = random.nextInt(size);
      List<ViewOp> ops = List.of(new ViewOp.Crop(row, column, 1, 1));
      for (Isa isa : EngineIsas.available()) {
        double[] view = EngineViews.view(format, isa, image, 9, 11, AugmentParams.identity(9, 11));
        double[] cropped =
            EngineViews.view(format, isa, image, 9, 11, new AugmentParams(0, 0, 9, 11, false, ops));
        for (int i = 0; i < cropped.length; i++) {
          // Channels lie side by side.
          assertEquals(view[3 * (row * size + column) + i % 3], cropped[i], isa + ", " + format);
        }
      }
    });
  }

  /** Crops do not depend on the views that a thread computed before, of other sizes too. */
  @TestFactory
  Stream<DynamicTest> viewsOneAfterAnother() {
    return EngineIsas.available().stream()
        .map(isa -> dynamicTest(isa.toString(), () -> viewsOneAfterAnother(isa)));
  }

  private static void viewsOneAfterAnother(Isa isa) {
    Random random = new Random(3);
    MemorySegment image = EngineViews.noise(random, 40, 30);
    List<double[]> first = new ArrayList<>();
    List<ViewFormat> formats = new ArrayList<>();
    List<AugmentParams> params = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      int size = random.nextInt(1, 60);
      formats.add(ViewFormat.of(size));
      params.add(new AugmentParams(0, 0, 40, 30, false, List.of(crop(size, random))));
      first.add(EngineViews.view(formats.get(i), isa, image, 40, 30, params.get(i)));
    }
    for (int i = 39; i >= 0; i--) {
      double[] again = EngineViews.view(formats.get(i), isa, image, 40, 30, params.get(i));
      assertArrayEquals(first.get(i), again, formats.get(i) + ", " + params.get(i));
    }
  }
}
