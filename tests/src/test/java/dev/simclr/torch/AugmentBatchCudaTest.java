package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.simclr.torch.AugmentFormat.Isa;
import dev.simclr.torch.AugmentFormat.Normalize;
import dev.simclr.torch.AugmentFormat.Resize;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Views that a GPU computes are those of the CPU. */
@Tag("gpu")
@ExtendWith(LeakCheck.class)
class AugmentBatchCudaTest {
  private static final Device GPU = Device.cuda(0);
  private static final double ONE_OP = 2e-6;
  private static final double CHAIN = 1e-5;

  /**
   * Steps of bfloat16 below 1, and below 4, which normalised values do not reach: after a rounding
   * error another value may be the nearest.
   */
  private static final double BFLOAT16 = 0x1p-8;

  private static final double NORMALIZED_BFLOAT16 = 0x1p-6;

  private static final Normalize NORMALIZE =
      new Normalize(List.of(0.49f, 0.48f, 0.45f), List.of(0.25f, 0.24f, 0.26f));

  /** An operation and its arguments. */
  private record Step(AugmentOp op, float value, int... integers) {
    void appendTo(AugmentBatch batch) {
      int[] i = Arrays.copyOf(integers, 4);
      batch.op(op, value, i[0], i[1], i[2], i[3]);
    }
  }

  /** One view of image {@code index}: a crop, or a window if it has a full size. */
  private record View(
      int index,
      int top,
      int left,
      int height,
      int width,
      boolean flip,
      long fullHeight,
      long fullWidth,
      List<Step> steps) {
    static View whole(int index, int height, int width, Step... steps) {
      return new View(index, 0, 0, height, width, false, 0, 0, List.of(steps));
    }
  }

  @BeforeEach
  void needsGpu() {
    assumeTrue(Cuda.isLoaded(), "needs a GPU");
  }

  private static byte[] noise(int bytes, long seed) {
    byte[] image = new byte[bytes];
    new Random(seed).nextBytes(image);
    return image;
  }

  private static AugmentFormat format(int size) {
    return format(size, DType.FLOAT32, MemoryFormat.CHANNELS_LAST, Resize.BILINEAR, null);
  }

  private static AugmentFormat format(
      int size, DType dtype, MemoryFormat layout, Resize resize, Normalize normalize) {
    return new AugmentFormat(
        size, dtype, layout, resize, Optional.ofNullable(normalize), Isa.SCALAR);
  }

  /** Computes views, view i at row 2 i + 1, on both, and compares all rows. */
  private static void assertSame(
      AugmentFormat format, int height, int width, List<View> views, double tolerance) {
    int imageBytes = 3 * height * width;
    int images = 1 + views.stream().mapToInt(View::index).max().orElse(0);
    byte[] pixels = noise(images * imageBytes, 31L * height + width);
    int rows = 2 * views.size() + 1;
    try (var _ = TensorScope.open()) {
      Tensor device = Tensor.of(pixels, images, height, width, 3).to(GPU);
      CudaImages source = new CudaImages(device);
      AugmentBatch onCpu = new AugmentBatch(format);
      AugmentBatch onGpu = new AugmentBatch(format);
      for (int i = 0; i < views.size(); i++) {
        View v = views.get(i);
        MemorySegment image =
            MemorySegment.ofArray(pixels).asSlice((long) v.index * imageBytes, imageBytes);
        long row = 2L * i + 1;
        if (v.fullHeight > 0) {
          onCpu.window(image, height, width, v.fullHeight, v.fullWidth, v.top, v.left, row);
          onGpu.window(source, v.index, v.fullHeight, v.fullWidth, v.top, v.left, row);
        } else {
          onCpu.view(image, height, width, v.top, v.left, v.height, v.width, v.flip, row);
          onGpu.view(source, v.index, v.top, v.left, v.height, v.width, v.flip, row);
        }
        v.steps.forEach(step -> step.appendTo(onCpu));
        v.steps.forEach(step -> step.appendTo(onGpu));
      }
      MemorySegment expected = Arena.ofAuto().allocate(rows * format.viewBytes(), 64);
      onCpu.run(expected);
      Tensor out =
          Tensor.empty(format.dtype(), GPU, format.layout(), rows, 3, format.size(), format.size());
      out.zero_();
      onGpu.run(out);
      assertEquals(0, onGpu.size());
      Tensor memoryOrder =
          format.layout() == MemoryFormat.CHANNELS_LAST ? out.permute(0, 2, 3, 1) : out;
      assertClose(
          floats(expected, format.dtype()),
          memoryOrder.to(Device.CPU).to(DType.FLOAT32).toFloatArray(),
          tolerance,
          format + " " + views);
    }
  }

  private static float[] floats(MemorySegment memory, DType dtype) {
    if (dtype == DType.FLOAT32) {
      return memory.toArray(ValueLayout.JAVA_FLOAT);
    }
    short[] halves = memory.toArray(ValueLayout.JAVA_SHORT);
    float[] values = new float[halves.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(halves[i] << 16);
    }
    return values;
  }

  private static void assertClose(float[] expected, float[] got, double tolerance, String message) {
    assertEquals(expected.length, got.length);
    for (int i = 0; i < got.length; i++) {
      if (!(Math.abs(got[i] - expected[i]) <= tolerance)) { // not a number fails too
        assertEquals(expected[i], got[i], tolerance, "value " + i + " of " + message);
      }
    }
  }

  private static List<Step> steps(int size) {
    int third = size / 3;
    return List.of(
        new Step(AugmentOp.BRIGHTNESS, 1.3f),
        new Step(AugmentOp.CONTRAST, 0.4f),
        new Step(AugmentOp.CONTRAST, 1.7f),
        new Step(AugmentOp.CONTRAST_CHANNELS, 1.6f),
        new Step(AugmentOp.SATURATION, 1.8f),
        new Step(AugmentOp.HUE, 0.2f),
        new Step(AugmentOp.HUE, -0.45f),
        new Step(AugmentOp.GRAY, 0),
        new Step(AugmentOp.BLUR, 0.1f),
        new Step(AugmentOp.BLUR, 1.9f),
        new Step(AugmentOp.BLUR_ZERO, 1.1f),
        new Step(AugmentOp.SOLARIZE, 0.501f),
        new Step(AugmentOp.EQUALIZE, 0),
        new Step(AugmentOp.CUTOUT, 0, third, size / 4, size - third, third),
        new Step(AugmentOp.CROP, 0, third, size / 4, size - third, size - size / 4),
        new Step(AugmentOp.CROP, 0, size - 1, third, 1, 1),
        new Step(AugmentOp.ROTATION, 0, 0),
        new Step(AugmentOp.ROTATION, 0, 1),
        new Step(AugmentOp.ROTATION, 0, 2),
        new Step(AugmentOp.ROTATION, 0, 3),
        new Step(AugmentOp.SOBEL, 0),
        new Step(AugmentOp.NOISE, 0.1f, -5, 77),
        new Step(AugmentOp.SATURATION_HSV, 1.7f),
        new Step(AugmentOp.CLAMP, 0));
  }

  /**
   * Sizes of blocks of one warp and of many, in shared and in device memory. The pixels of the
   * image are those of the view, since equalize and solarize have thresholds that a rounding error
   * of a resize could cross.
   */
  @Test
  void eachOperationAlone() {
    for (int size : new int[] {1, 2, 7, 19, 32, 33, 64, 96, 224}) {
      List<View> views = new ArrayList<>();
      for (Step step : steps(size)) {
        views.add(View.whole(views.size() % 3, size, size, step));
      }
      assertSame(format(size), size, size, views, ONE_OP);
    }
  }

  @Test
  void eachFilterCropsFlipsAndWindows() {
    for (Resize resize : Resize.values()) {
      for (int size : new int[] {1, 5, 32, 70, 300}) {
        List<View> views =
            List.of(
                View.whole(0, 150, 211),
                new View(1, 20, 30, 100, 90, true, 0, 0, List.of()),
                new View(0, 149, 0, 1, 211, false, 0, 0, List.of()),
                new View(2, 0, 210, 150, 1, true, 0, 0, List.of()),
                View.whole(2, 150, 211, new Step(AugmentOp.CROP, 0, 0, size / 2, size, 1)),
                new View(1, 25, 35, 150, 211, false, size + 25, size + 105, List.of()));
        AugmentFormat format = format(size, DType.FLOAT32, MemoryFormat.CONTIGUOUS, resize, null);
        assertSame(format, 150, 211, views, ONE_OP);
      }
    }
  }

  /**
   * Random orders of operations without thresholds, of different length in one batch. Factors are
   * moderate, since errors grow with them.
   */
  private static List<View> chains(int size, int count) {
    Random random = new Random(size);
    List<Step> steps =
        steps(size).stream()
            .filter(s -> s.op != AugmentOp.SOLARIZE && s.op != AugmentOp.EQUALIZE)
            .map(s -> s.value > 1.2f && s.op != AugmentOp.BLUR ? new Step(s.op, 1.2f) : s)
            .toList();
    List<View> views = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Step> chain = new ArrayList<>();
      for (int length = random.nextInt(7); length > 0; length--) {
        chain.add(steps.get(random.nextInt(steps.size())));
      }
      views.add(new View(i % 4, 3, 5, 30, 41, random.nextBoolean(), 0, 0, chain));
    }
    return views;
  }

  @Test
  void chainsInEachFormat() {
    for (int size : new int[] {16, 40, 128}) {
      List<View> views = chains(size, 24);
      for (DType dtype : List.of(DType.FLOAT32, DType.BFLOAT16)) {
        for (MemoryFormat layout : List.of(MemoryFormat.CHANNELS_LAST, MemoryFormat.CONTIGUOUS)) {
          assertSame(
              format(size, dtype, layout, Resize.BILINEAR, null),
              45,
              61,
              views,
              dtype == DType.FLOAT32 ? CHAIN : BFLOAT16);
          assertSame(
              format(size, dtype, layout, Resize.BILINEAR, NORMALIZE),
              45,
              61,
              views,
              dtype == DType.FLOAT32 ? 4 * CHAIN : NORMALIZED_BFLOAT16);
        }
      }
    }
  }

  /** More views than the working memory in device memory is for, so that it is used again. */
  @Test
  void aLargeBatchIsComputedInParts() {
    assertSame(format(224), 45, 61, chains(224, 300), CHAIN);
  }

  /** On another stream, again and again, without waiting: no block is reused too early. */
  @Test
  void theCurrentStreamOrdersTheWork() {
    int size = 32;
    AugmentBatch batch = new AugmentBatch(format(size));
    try (var _ = TensorScope.open();
        CudaStream stream = CudaStream.create(GPU, false);
        CudaStream usual = CudaStream.current(GPU)) {
      int count = 64;
      byte[] pixels = noise(count * 3 * size * size, 5);
      CudaImages images = new CudaImages(Tensor.of(pixels, count, size, size, 3).to(GPU));
      int rounds = 50;
      List<Tensor> outs = new ArrayList<>();
      stream.waitFor(usual);
      stream.makeCurrent();
      try {
        for (int round = 0; round < rounds; round++) {
          Tensor out =
              Tensor.empty(DType.FLOAT32, GPU, MemoryFormat.CHANNELS_LAST, count, 3, size, size);
          for (int i = 0; i < count; i++) {
            batch.view(images, (i + round) % count, 0, 0, size, size, false, i);
          }
          batch.run(out);
          outs.add(out);
        }
        stream.synchronize();
      } finally {
        usual.makeCurrent();
      }
      for (int round = 0; round < rounds; round++) {
        float[] got = outs.get(round).permute(0, 2, 3, 1).to(Device.CPU).toFloatArray();
        for (int i = 0; i < got.length; i++) {
          int from = (i + round * 3 * size * size) % pixels.length;
          assertEquals((pixels[from] & 0xFF) / 255f, got[i], 1e-6f, "round " + round + ", " + i);
        }
      }
    }
  }

  @Test
  void twoRunsGiveTheSameBits() {
    for (int size : new int[] {40, 128}) {
      try (var _ = TensorScope.open()) {
        Tensor tensor = Tensor.of(noise(4 * 3 * 45 * 61, 6), 4, 45, 61, 3).to(GPU);
        CudaImages images = new CudaImages(tensor);
        List<float[]> runs = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
          AugmentBatch batch = new AugmentBatch(format(size));
          List<View> views = chains(size, 12);
          for (int i = 0; i < views.size(); i++) {
            View v = views.get(i);
            batch.view(images, v.index, v.top, v.left, v.height, v.width, v.flip, i);
            v.steps.forEach(step -> step.appendTo(batch));
          }
          Tensor out =
              Tensor.empty(
                  DType.FLOAT32, GPU, MemoryFormat.CHANNELS_LAST, views.size(), 3, size, size);
          batch.run(out);
          runs.add(out.to(Device.CPU).toFloatArray());
        }
        assertArrayEquals(runs.get(0), runs.get(1));
      }
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    AugmentBatch batch = new AugmentBatch(format(4));
    try (var _ = TensorScope.open()) {
      Tensor tensor = Tensor.zeros(DType.UINT8, GPU, 2, 6, 5, 3);
      CudaImages images = new CudaImages(tensor);
      assertRefused("index is 2; allowed: 0 to 1", () -> whole(batch, images, 2));
      assertRefused("crop is 7x5 at 0,0;", () -> batch.view(images, 0, 0, 0, 7, 5, false, 0));
      assertRefused("window is 4x4 at 3,0;", () -> batch.window(images, 0, 6, 5, 3, 0, 0));
      assertEquals(0, batch.size());

      whole(batch, images, 0);
      assertRefused(
          "out is host memory; allowed: a CUDA tensor",
          () -> batch.run(MemorySegment.ofArray(new float[48])));
      assertEquals(0, batch.size());
      Tensor out = Tensor.empty(DType.FLOAT32, GPU, MemoryFormat.CHANNELS_LAST, 1, 3, 4, 4);
      batch.view(MemorySegment.ofArray(new byte[3]), 1, 1, 0, 0, 1, 1, false, 0);
      assertRefused("out is a tensor; allowed: host memory", () -> batch.run(out));
      whole(batch, images, 0);
      assertRefused("device of out is cpu; allowed: cuda:0", () -> batch.run(out.to(Device.CPU)));

      batch.view(images, 0, 0, 0, 6, 5, false, 0);
      batch.op(AugmentOp.HUE, 0.75f);
      TorchException e = assertThrows(TorchException.class, () -> batch.run(out));
      assertEquals(TorchException.Kind.INVALID_ARGUMENT, e.kind());
      assertTrue(e.getMessage().contains("view 0: hue is 0.75"), e.getMessage());
      whole(batch, images, 0);
      tensor.close();
      assertThrows(IllegalStateException.class, () -> batch.run(out));
    }
  }

  private static void whole(AugmentBatch batch, CudaImages images, long index) {
    batch.view(images, index, 0, 0, images.height(), images.width(), false, 0);
  }

  private static void assertRefused(String message, Runnable action) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, action::run);
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
  }
}
