package dev.simclr.augment;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.simclr.torch.AugmentFormat.Isa;
import dev.simclr.torch.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Views of several strips of rows, with a blur that takes its rows from the strips below it: every
 * instruction set against the scalar kernel, whose loops are other ones and which {@link
 * EngineOpsTest} compares with the reference.
 */
class EngineStripsTest {
  private static final double TOLERANCE = 1e-5;

  /** Strips of odd and even numbers of rows, with and without vectors that overhang. */
  private static final int[] SIZES = {33, 47, 64, 96, 129, 152, 176, 224, 255, 384, 512};

  private static final List<List<ViewOp>> ORDERS =
      List.of(
          List.of(new ViewOp.Contrast(0.4f)),
          List.of(new ViewOp.Blur(1.3f)),
          List.of(new ViewOp.Blur(2), new ViewOp.Contrast(1.6f)),
          List.of(new ViewOp.Contrast(0.5f), new ViewOp.Blur(1.5f), new ViewOp.Saturation(1.4f)),
          List.of(
              new ViewOp.Blur(0.7f), new ViewOp.ContrastChannels(0.5f), new ViewOp.BlurZero(1.1f)),
          List.of(new ViewOp.Blur(1), new ViewOp.Hue(0.1f), new ViewOp.Blur(0.5f)),
          List.of(new ViewOp.Brightness(1.4f), new ViewOp.Blur(2), new ViewOp.Blur(0.1f)),
          List.of(new ViewOp.Hue(-0.1f), new ViewOp.BlurZero(0.1f), new ViewOp.Blur(2)),
          List.of(new ViewOp.Blur(1.7f), new ViewOp.Rotation(1), new ViewOp.Contrast(0.7f)),
          List.of(new ViewOp.Blur(1), new ViewOp.Crop(2, 1, 31, 17), new ViewOp.Blur(1.2f)),
          List.of(new ViewOp.Blur(1), new ViewOp.Sobel(), new ViewOp.BlurZero(2)),
          List.of(new ViewOp.Rotation(3), new ViewOp.Blur(1), new ViewOp.Brightness(0.6f)));

  @TestFactory
  Stream<DynamicTest> operationsAroundABlur() {
    return IntStream.of(SIZES)
        .mapToObj(size ->
            dynamicTest(
                size + " pixels",
                () -> {
                  MemorySegment image = EngineViews.noise(new Random(size), 90, 110);
                  for (List<ViewOp> ops : ORDERS) {
                    check(size, image, 90, 110, new AugmentParams(3, 5, 80, 100, true, ops));
                  }
                }));
  }

  /** Unrolled for each radius up to 11, which sigma decides, and not unrolled for larger ones. */
  @TestFactory
  Stream<DynamicTest> blursOfEveryRadius() {
    return Stream.of(224, 260, 301)
        .map(size ->
            dynamicTest(
                size + " pixels",
                () -> {
                  MemorySegment image = EngineViews.noise(new Random(size), size, size);
                  for (float sigma = 0.1f; sigma < 2.3f; sigma += 0.1f) {
                    check(size, image, size, size, blurs(size, sigma));
                  }
                  check(size, image, size, size, blurs(size, 20));
                }));
  }

  private static AugmentParams blurs(int size, float sigma) {
    List<ViewOp> ops = List.of(new ViewOp.Blur(sigma), new ViewOp.BlurZero(sigma));
    return new AugmentParams(0, 0, size, size, false, ops);
  }

  private static void check(
      int size, MemorySegment image, int height, int width, AugmentParams params) {
    for (PixelLayout layout : PixelLayout.values()) {
      ViewFormat format = ViewFormat.of(size).withLayout(layout);
      double[] expected = EngineViews.view(format, Isa.SCALAR, image, height, width, params);
      for (Isa isa : EngineIsas.available()) {
        String what = isa + ", " + format + ", " + params;
        double[] actual = EngineViews.view(format, isa, image, height, width, params);
        assertClose(expected, actual, TOLERANCE, 0, what);
        double[] rounded =
            EngineViews.view(format.withDtype(DType.BFLOAT16), isa, image, height, width, params);
        for (int i = 0; i < rounded.length; i++) {
          assertEquals(EngineViews.bfloat16(actual[i]), rounded[i], 0.0, what);
        }
      }
    }
  }

  /** What a thread computed before lies behind the last pixel of a view of another size. */
  @TestFactory
  Stream<DynamicTest> viewsDoNotDependOnThoseBefore() {
    return EngineIsas.available().stream()
        .map(isa ->
            dynamicTest(
                isa.toString(),
                () -> {
                  for (int size = 1; size < 70; size += 2) {
                    viewsDoNotDependOnThoseBefore(isa, size);
                  }
                }));
  }

  private static void viewsDoNotDependOnThoseBefore(Isa isa, int size) {
    Random random = new Random(size);
    // Not after an operation that clamps: what is left behind the last pixel would be clamped too.
    List<ViewOp> ops = List.of(new ViewOp.Hue(0.1f));
    AugmentParams params = new AugmentParams(0, 0, size, size, false, ops);
    List<MemorySegment> images = new ArrayList<>();
    List<double[]> before = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      images.add(EngineViews.noise(random, size, size));
      before.add(EngineViews.view(ViewFormat.of(size), isa, images.getLast(), size, size, params));
    }
    // Overshoots of the cubic filter, in both sets of planes.
    ViewFormat other = ViewFormat.of(70).withInterpolation(Interpolation.BICUBIC);
    MemorySegment noise = EngineViews.noise(random, 40, 40);
    EngineViews.view(other, isa, noise, 40, 40, blurs(40, 0.3f));
    for (int i = 0; i < images.size(); i++) {
      double[] again =
          EngineViews.view(ViewFormat.of(size), isa, images.get(i), size, size, params);
      assertArrayEquals(before.get(i), again, isa + ", " + size + " pixels, image " + i);
    }
  }
}
