package dev.simclr.augment;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.simclr.torch.AugmentFormat.Isa;
import dev.simclr.torch.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The engine against the double-precision reference on random images at every size from 1 to 70
 * pixels, so that vectors of every width have every number of pixels left over; with each
 * instruction set, in both layouts, as float32 and as bfloat16.
 */
class EngineOpsTest {
  private static final int LARGEST = 70;
  private static final double TOLERANCE_OP = 2e-6;
  private static final double TOLERANCE_CHAIN = 1e-5;
  private static final Normalization NORMALIZATION =
      new Normalization(List.of(0.4914, 0.4822, 0.4465), List.of(0.2470, 0.2435, 0.2616));

  private interface SizeTest {
    void run(int size, Random random);
  }

  private static Stream<DynamicTest> sizes(SizeTest test) {
    return IntStream.rangeClosed(1, LARGEST)
        .mapToObj(size -> dynamicTest(size + " pixels", () -> test.run(size, new Random(size))));
  }

  @TestFactory
  Stream<DynamicTest> eachOperationAlone() {
    return sizes((size, random) -> {
      MemorySegment image = EngineViews.noise(random, size, size);
      for (ViewOp op : operations(size, random)) {
        AugmentParams params = new AugmentParams(0, 0, size, size, false, List.of(op));
        check(Interpolation.BILINEAR, size, image, size, size, params, TOLERANCE_OP);
      }
    });
  }

  /** Sums over values that are all alike round the same way each time. */
  @TestFactory
  Stream<DynamicTest> contrastOfFlatImages() {
    return IntStream.of(32, 64)
        .mapToObj(size -> dynamicTest(size + " pixels", () -> contrastOfFlatImages(size)));
  }

  private static void contrastOfFlatImages(int size) {
    for (int level = 0; level < 256; level++) {
      byte[] pixels = new byte[3 * size * size];
      Arrays.fill(pixels, (byte) level);
      MemorySegment image = MemorySegment.ofArray(pixels);
      for (ViewOp op : List.of(new ViewOp.Contrast(0.2f), new ViewOp.ContrastChannels(0.2f))) {
        AugmentParams params = new AugmentParams(0, 0, size, size, false, List.of(op));
        check(Interpolation.BILINEAR, size, image, size, size, params, TOLERANCE_OP);
      }
    }
  }

  /** Every operation, with ordinary parameters and with those at the ends. */
  private static List<ViewOp> operations(int size, Random random) {
    List<ViewOp> ops = new ArrayList<>();
    for (float factor : new float[] {0, 1, random.nextFloat(0, 1), random.nextFloat(1, 3)}) {
      ops.add(new ViewOp.Brightness(factor));
      ops.add(new ViewOp.Contrast(factor));
      ops.add(new ViewOp.ContrastChannels(factor));
      ops.add(new ViewOp.Saturation(factor));
      ops.add(new ViewOp.SaturationHsv(factor));
    }
    for (float shift : new float[] {-0.5f, -1e-9f, 0, random.nextFloat(-0.5f, 0.5f), 0.5f}) {
      ops.add(new ViewOp.Hue(shift));
    }
    for (float sigma : new float[] {0.1f, random.nextFloat(0.1f, 2), 2}) {
      ops.add(new ViewOp.Blur(sigma));
      ops.add(new ViewOp.BlurZero(sigma));
    }
    // Half-way between the values of bytes, since 1 - x jumps there.
    ops.add(new ViewOp.Solarize((random.nextInt(255) + 0.5f) / 255));
    ops.add(new ViewOp.Equalize());
    ops.add(cutout(size, random));
    ops.add(EngineCropTest.crop(size, random));
    for (int turns = 0; turns < 4; turns++) {
      ops.add(new ViewOp.Rotation(turns));
    }
    ops.add(new ViewOp.Gray());
    ops.add(new ViewOp.Sobel());
    ops.add(new ViewOp.Noise(random.nextFloat(0, 0.5f), random.nextLong()));
    ops.add(new ViewOp.Clamp());
    return ops;
  }

  private static ViewOp cutout(int size, Random random) {
    int top = random.nextInt(size);
    int left = random.nextInt(size);
    int height = random.nextInt(1, size - top + 1);
    return new ViewOp.Cutout(top, left, height, random.nextInt(1, size - left + 1));
  }

  @TestFactory
  Stream<DynamicTest> eachInterpolationOfAnyBox() {
    return sizes((size, random) -> {
      for (Interpolation interpolation : Interpolation.values()) {
        for (int i = 0; i < 4; i++) {
          int height = random.nextInt(1, 100);
          int width = random.nextInt(1, 100);
          MemorySegment image = EngineViews.noise(random, height, width);
          AugmentParams params = box(random, height, width, List.of());
          check(interpolation, size, image, height, width, params, TOLERANCE_OP);
        }
      }
    });
  }

  private static AugmentParams box(Random random, int height, int width, List<ViewOp> ops) {
    int h = random.nextInt(1, height + 1);
    int w = random.nextInt(1, width + 1);
    return new AugmentParams(
        random.nextInt(height - h + 1),
        random.nextInt(width - w + 1),
        h,
        w,
        random.nextBoolean(),
        ops);
  }

  @TestFactory
  Stream<DynamicTest> windowsOfResizedImages() {
    return sizes((size, random) -> {
      for (Interpolation interpolation : Interpolation.values()) {
        int height = random.nextInt(1, 100);
        int width = random.nextInt(1, 100);
        long fullHeight = size + random.nextInt(60);
        long fullWidth = size + random.nextInt(60);
        long top = random.nextLong(fullHeight - size + 1);
        long left = random.nextLong(fullWidth - size + 1);
        MemorySegment image = EngineViews.noise(random, height, width);
        ViewFormat format = ViewFormat.of(size).withInterpolation(interpolation);
        double[] expected =
            new ReferenceAugmenter(format)
                .window(image, height, width, fullHeight, fullWidth, top, left);
        for (Isa isa : EngineIsas.available()) {
          double[] actual =
              EngineViews.window(
                  format, isa, image, height, width, fullHeight, fullWidth, top, left);
          assertClose(expected, actual, TOLERANCE_OP, 0, interpolation + ", " + isa);
        }
      }
    });
  }

  @TestFactory
  Stream<DynamicTest> chains() {
    return sizes((size, random) -> {
      for (Interpolation interpolation : Interpolation.values()) {
        for (int i = 0; i < 4; i++) {
          int height = random.nextInt(1, 100);
          int width = random.nextInt(1, 100);
          MemorySegment image = EngineViews.noise(random, height, width);
          AugmentParams params = box(random, height, width, chain(size, random));
          check(interpolation, size, image, height, width, params, TOLERANCE_CHAIN);
        }
      }
    });
  }

  /** Colours after blurs and rotations too, and blurs after one another. */
  @TestFactory
  Stream<DynamicTest> chainsInAnyOrder() {
    return sizes((size, random) -> {
      for (int i = 0; i < 6; i++) {
        MemorySegment image = EngineViews.noise(random, size, size);
        List<ViewOp> ops = chain(size, random);
        Collections.shuffle(ops, random);
        AugmentParams params = new AugmentParams(0, 0, size, size, random.nextBoolean(), ops);
        check(Interpolation.BILINEAR, size, image, size, size, params, TOLERANCE_CHAIN);
      }
    });
  }

  /** Where rounded places and long filters tell, and vectors are full. */
  @TestFactory
  Stream<DynamicTest> viewsOfPhotographs() {
    return Stream.of(Interpolation.values())
        .map(interpolation ->
            dynamicTest(interpolation.toString(), () -> photograph(interpolation)));
  }

  private static void photograph(Interpolation interpolation) {
    Random random = new Random(interpolation.ordinal());
    MemorySegment image = EngineViews.noise(random, 375, 500);
    for (int size : new int[] {96, 224}) {
      AugmentParams whole = AugmentParams.identity(375, 500);
      check(interpolation, size, image, 375, 500, whole, TOLERANCE_OP);
      List<ViewOp> blurs = List.of(new ViewOp.Blur(1.9f), new ViewOp.BlurZero(0.9f));
      for (ViewOp blur : blurs) {
        List<ViewOp> ops = chain(size, random).subList(0, 4);
        ops.add(blur);
        AugmentParams params = box(random, 375, 500, ops);
        check(interpolation, size, image, 375, 500, params, TOLERANCE_CHAIN);
      }
    }
  }

  /** With operations that jump as the first one, on pixels as they are. */
  @TestFactory
  Stream<DynamicTest> chainsAfterSolarizeAndEqualize() {
    return sizes((size, random) -> {
      MemorySegment image = EngineViews.noise(random, size, size);
      for (ViewOp first :
          List.of(new ViewOp.Equalize(), new ViewOp.Solarize((random.nextInt(255) + 0.5f) / 255))) {
        List<ViewOp> ops = chain(size, random);
        ops.addFirst(first);
        AugmentParams params = new AugmentParams(0, 0, size, size, true, ops);
        check(Interpolation.BILINEAR, size, image, size, size, params, TOLERANCE_CHAIN);
      }
    });
  }

  /** Up to six operations in any order, after the jitter of either semantics in any order. */
  private static List<ViewOp> chain(int size, Random random) {
    List<ViewOp> jitter =
        random.nextBoolean()
            ? new ArrayList<>(
                List.of(
                    new ViewOp.Brightness(random.nextFloat(0.2f, 1.8f)),
                    new ViewOp.Contrast(random.nextFloat(0.2f, 1.8f)),
                    new ViewOp.Saturation(random.nextFloat(0.2f, 1.8f)),
                    new ViewOp.Hue(random.nextFloat(-0.2f, 0.2f))))
            : new ArrayList<>(
                List.of(
                    new ViewOp.Brightness(random.nextFloat(0.2f, 1.8f)),
                    new ViewOp.ContrastChannels(random.nextFloat(0.2f, 1.8f)),
                    new ViewOp.SaturationHsv(random.nextFloat(0.2f, 1.8f)),
                    new ViewOp.Hue(random.nextFloat(-0.2f, 0.2f))));
    Collections.shuffle(jitter, random);
    List<ViewOp> others =
        new ArrayList<>(
            List.of(
                new ViewOp.Gray(),
                new ViewOp.Clamp(),
                new ViewOp.Blur(random.nextFloat(0.1f, 2)),
                new ViewOp.BlurZero(random.nextFloat(0.1f, 2)),
                cutout(size, random),
                EngineCropTest.crop(size, random),
                new ViewOp.Rotation(random.nextInt(4)),
                new ViewOp.Sobel(),
                new ViewOp.Noise(random.nextFloat(0, 0.2f), random.nextLong())));
    Collections.shuffle(others, random);
    List<ViewOp> ops = new ArrayList<>(jitter);
    ops.addAll(others.subList(0, random.nextInt(7)));
    return ops;
  }

  private static void check(
      Interpolation interpolation,
      int size,
      MemorySegment image,
      int height,
      int width,
      AugmentParams params,
      double tolerance) {
    for (PixelLayout layout : PixelLayout.values()) {
      for (boolean normalized : new boolean[] {false, true}) {
        if (normalized && layout == PixelLayout.CONTIGUOUS && !params.ops().isEmpty()) {
          continue; // The last step is the same for all operations.
        }
        ViewFormat format =
            new ViewFormat(
                size,
                DType.FLOAT32,
                layout,
                interpolation,
                normalized ? Optional.of(NORMALIZATION) : Optional.empty());
        double[] expected = new ReferenceAugmenter(format).view(image, height, width, params);
        // A value is four times as large as in [0, 1], and so is its error.
        double scaled = normalized ? tolerance / 0.2435 : tolerance;
        for (Isa isa : EngineIsas.available()) {
          String what = isa + ", " + format + ", " + params;
          double[] actual = EngineViews.view(format, isa, image, height, width, params);
          assertClose(expected, actual, scaled, 0, what);
          checkBfloat16(format, isa, image, height, width, params, expected, actual);
        }
      }
    }
  }

  /** The float32 values, rounded. */
  private static void checkBfloat16(
      ViewFormat format,
      Isa isa,
      MemorySegment image,
      int height,
      int width,
      AugmentParams params,
      double[] expected,
      double[] exact) {
    ViewFormat rounded = format.withDtype(DType.BFLOAT16);
    double[] actual = EngineViews.view(rounded, isa, image, height, width, params);
    String what = isa + ", " + rounded + ", " + params;
    for (int i = 0; i < exact.length; i++) {
      assertEquals(EngineViews.bfloat16(exact[i]), actual[i], 0.0, what);
    }
    if (format.normalization().isEmpty()) {
      assertClose(expected, actual, 0x1p-8, 0, what);
    }
  }
}
