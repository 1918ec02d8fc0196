package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.torch.AugmentFormat.Isa;
import dev.simclr.torch.AugmentFormat.Resize;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/**
 * Memory, bounds and bookkeeping; what the operations compute is tested with dev.simclr.augment.
 */
class AugmentBatchTest {
  private static final int SIZE = 6;
  private static final int VALUES = 3 * SIZE * SIZE;

  private static AugmentFormat format(DType dtype) {
    return new AugmentFormat(
        SIZE, dtype, MemoryFormat.CHANNELS_LAST, Resize.BILINEAR, Optional.empty(), Isa.AUTO);
  }

  private static AugmentBatch batch() {
    return new AugmentBatch(format(DType.FLOAT32));
  }

  private static byte[] noise(long seed) {
    byte[] image = new byte[VALUES];
    new Random(seed).nextBytes(image);
    return image;
  }

  /** The view of a whole image of the view's size: its bytes / 255. */
  private static float[] floats(byte[] image) {
    float[] view = new float[image.length];
    for (int i = 0; i < view.length; i++) {
      view[i] = (image[i] & 0xFF) / 255f;
    }
    return view;
  }

  private static void whole(AugmentBatch batch, MemorySegment image, long row) {
    batch.view(image, SIZE, SIZE, 0, 0, SIZE, SIZE, false, row);
  }

  private static float[] row(MemorySegment out, int row) {
    return out.asSlice(4L * VALUES * row, 4L * VALUES).toArray(ValueLayout.JAVA_FLOAT);
  }

  /** Arrays, automatic, confined and shared arenas; those that can be closed are closed early. */
  @Test
  void imagesMayLieInAnyMemory() {
    AugmentBatch batch = batch();
    List<byte[]> images = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      byte[] image = noise(i);
      images.add(image);
      switch (i % 4) {
        case 0 -> {
          byte[] copy = image.clone();
          whole(batch, MemorySegment.ofArray(copy), i);
          Arrays.fill(copy, (byte) 7);
        }
        case 1 -> whole(batch, Arena.ofAuto().allocateFrom(ValueLayout.JAVA_BYTE, image), i);
        case 2 -> {
          try (Arena arena = Arena.ofConfined()) {
            whole(batch, arena.allocateFrom(ValueLayout.JAVA_BYTE, image).asReadOnly(), i);
          }
        }
        default -> {
          try (Arena arena = Arena.ofShared()) {
            whole(batch, arena.allocateFrom(ValueLayout.JAVA_BYTE, image), i);
          }
        }
      }
    }
    System.gc();
    assertEquals(60, batch.size());
    MemorySegment out = Arena.ofAuto().allocate(60L * 4 * VALUES, 64);
    batch.run(out);
    assertEquals(0, batch.size());
    for (int i = 0; i < images.size(); i++) {
      assertArrayEquals(floats(images.get(i)), row(out, i), 1e-6f, "image " + i);
    }
  }

  @Test
  void aBatchIsUsedAgainWithoutARest() {
    AugmentBatch batch = batch();
    MemorySegment image = MemorySegment.ofArray(noise(1));
    float[] out = new float[VALUES];
    whole(batch, image, 0);
    for (int i = 0; i < AugmentBatch.MAX_OPS; i++) {
      batch.op(AugmentOp.BRIGHTNESS, 0);
    }
    batch.run(MemorySegment.ofArray(out));
    assertArrayEquals(new float[VALUES], out);
    whole(batch, image, 0);
    batch.run(MemorySegment.ofArray(out));
    assertArrayEquals(floats(noise(1)), out, 1e-6f);
    whole(batch, image, 0);
    batch.clear();
    out[0] = 5;
    batch.run(MemorySegment.ofArray(out));
    assertEquals(5, out[0]);
  }

  @Test
  void otherRowsAreNotTouched() {
    for (boolean heap : new boolean[] {false, true}) {
      AugmentBatch batch = batch();
      whole(batch, MemorySegment.ofArray(noise(1)), 3);
      whole(batch, MemorySegment.ofArray(noise(2)), 1);
      MemorySegment out =
          heap
              ? MemorySegment.ofArray(new float[5 * VALUES])
              : Arena.ofAuto().allocate(5L * 4 * VALUES, 64);
      out.fill((byte) 0x5A);
      float[] untouched = row(out, 0);
      batch.run(out);
      for (int i : new int[] {0, 2, 4}) {
        assertArrayEquals(untouched, row(out, i), "row " + i);
      }
      assertArrayEquals(floats(noise(1)), row(out, 3), 1e-6f);
      assertArrayEquals(floats(noise(2)), row(out, 1), 1e-6f);
    }
  }

  @Test
  void layoutsTypesFlipsAndWindowsAreHandedOn() {
    AugmentFormat format =
        new AugmentFormat(
            2,
            DType.FLOAT32,
            MemoryFormat.CONTIGUOUS,
            Resize.BILINEAR,
            Optional.of(
                new AugmentFormat.Normalize(List.of(0f, 0.2f, 0f), List.of(1f, 0.5f, 0.25f))),
            Isa.SCALAR);
    assertEquals(48, format.viewBytes());
    AugmentBatch batch = new AugmentBatch(format);
    byte[] image = new byte[3 * 3 * 4];
    for (int pixel = 0; pixel < 12; pixel++) {
      image[3 * pixel] = (byte) (10 * pixel);
      image[3 * pixel + 1] = 51;
      image[3 * pixel + 2] = (byte) 255;
    }
    float[] out = new float[24];
    batch.view(MemorySegment.ofArray(image), 3, 4, 1, 2, 2, 2, true, 0);
    // Without a resize: the part of 2x2 pixels at row 1, column 1.
    batch.window(MemorySegment.ofArray(image), 3, 4, 3, 4, 1, 1, 1);
    batch.run(MemorySegment.ofArray(out));
    float u = 10 / 255f;
    assertArrayEquals(
        new float[] {
          7 * u, 6 * u, 11 * u, 10 * u, 0, 0, 0, 0, 4, 4, 4, 4, //
          5 * u, 6 * u, 9 * u, 10 * u, 0, 0, 0, 0, 4, 4, 4, 4
        },
        out,
        1e-6f);
    assertEquals(
        24,
        new AugmentFormat(
                2,
                DType.BFLOAT16,
                MemoryFormat.CONTIGUOUS,
                Resize.BICUBIC,
                Optional.empty(),
                Isa.AUTO)
            .viewBytes());
    assertNotEquals(Isa.AUTO, AugmentFormat.bestIsa());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    AugmentBatch batch = batch();
    MemorySegment image = MemorySegment.ofArray(noise(0));
    assertRefused("image is 0x6;", () -> batch.view(image, 0, 6, 0, 0, 1, 1, false, 0));
    assertRefused(
        "image is 108 bytes; allowed: 126 bytes, for 7x6",
        () -> batch.view(image, 7, 6, 0, 0, 1, 1, false, 0));
    int max = Integer.MAX_VALUE;
    for (int[] box :
        new int[][] {
          {-1, 0, 1, 1},
          {0, -1, 1, 1},
          {0, 0, 0, 1},
          {0, 0, 1, 0},
          {1, 0, 6, 1},
          {0, 6, 1, 1},
          {max, 0, max, 1},
          {0, max, 1, max}
        }) {
      assertRefused(
          "crop is " + box[2] + "x" + box[3] + " at " + box[0] + "," + box[1],
          () -> batch.view(image, 6, 6, box[0], box[1], box[2], box[3], false, 0));
    }
    assertRefused("window is 6x6 at 0,1", () -> batch.window(image, 6, 6, 6, 6, 0, 1, 0));
    assertRefused("window is 6x6 at -1,0", () -> batch.window(image, 6, 6, 9, 9, -1, 0, 0));
    assertRefused(
        "window is 6x6 at 9223372036854775807,0",
        () -> batch.window(image, 6, 6, 9, 9, Long.MAX_VALUE, 0, 0));
    assertThrows(IllegalStateException.class, () -> batch.op(AugmentOp.GRAY, 0));
    assertEquals(0, batch.size());
    whole(batch, image, 0);
    for (int i = 0; i < AugmentBatch.MAX_OPS; i++) {
      batch.op(AugmentOp.GRAY, 0);
    }
    assertRefused("operation HUE is number 17", () -> batch.op(AugmentOp.HUE, 0));
  }

  @Test
  void outputsThatDoNotFitAreRefused() throws InterruptedException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment fine = arena.allocate(8L * VALUES, 64);
      assertRun("row of view 1 is 2; allowed: 0 to 1", fine, 0, 2);
      assertRun("row of view 0 is -1; allowed: 0 to 1", fine, -1, 0);
      assertRun("out is 428 bytes; allowed: views of 432 bytes", fine.asSlice(0, 428), 0, 0);
      assertRun("out is read-only", fine.asReadOnly(), 0, 0);
      assertRun("address of out is 0x", fine.asSlice(2, 4L * VALUES), 0, 0);
      AtomicReference<Throwable> failure = new AtomicReference<>();
      Thread.ofPlatform()
          .start(() ->
              failure.set(assertThrows(IllegalArgumentException.class, () -> run(fine, 0, 0))))
          .join();
      assertTrue(failure.get().getMessage().startsWith("out is memory of another thread"));
    }
  }

  private static void run(MemorySegment out, long firstRow, long secondRow) {
    AugmentBatch batch = batch();
    whole(batch, MemorySegment.ofArray(noise(0)), firstRow);
    whole(batch, MemorySegment.ofArray(noise(0)), secondRow);
    try {
      batch.run(out);
    } finally {
      assertEquals(0, batch.size());
    }
  }

  private static void assertRun(String message, MemorySegment out, long first, long second) {
    assertRefused(message, () -> run(out, first, second));
    for (byte b : out.toArray(ValueLayout.JAVA_BYTE)) {
      assertEquals(0, b);
    }
  }

  @Test
  void argumentsOfOperationsAreCheckedBeforeAnythingIsWritten() {
    AugmentBatch batch = batch();
    float[] out = new float[2 * VALUES];
    whole(batch, MemorySegment.ofArray(noise(0)), 0);
    whole(batch, MemorySegment.ofArray(noise(0)), 1);
    batch.op(AugmentOp.HUE, 0.75f);
    TorchException e =
        assertThrows(TorchException.class, () -> batch.run(MemorySegment.ofArray(out)));
    assertEquals(TorchException.Kind.INVALID_ARGUMENT, e.kind());
    assertTrue(e.getMessage().contains("view 1: hue is 0.75"), e.getMessage());
    assertArrayEquals(new float[2 * VALUES], out);
    assertEquals(0, batch.size());
  }

  @Test
  void formatsThatCannotBeAreRefused() {
    assertRefused(
        "size is 4097",
        () ->
            new AugmentFormat(
                4097,
                DType.FLOAT32,
                MemoryFormat.CONTIGUOUS,
                Resize.BILINEAR,
                Optional.empty(),
                Isa.AUTO));
    assertRefused("dtype is float64", () -> format(DType.FLOAT64));
    assertRefused(
        "layout is PRESERVE",
        () ->
            new AugmentFormat(
                4,
                DType.FLOAT32,
                MemoryFormat.PRESERVE,
                Resize.BILINEAR,
                Optional.empty(),
                Isa.AUTO));
    assertRefused(
        "std is [1.0, 0.0, 1.0]",
        () -> new AugmentFormat.Normalize(List.of(0f, 0f, 0f), List.of(1f, 0f, 1f)));
    assertRefused(
        "mean is [NaN, 0.0, 0.0]",
        () -> new AugmentFormat.Normalize(List.of(Float.NaN, 0f, 0f), List.of(1f, 1f, 1f)));
    assertRefused(
        "mean is [0.0] and std [1.0, 1.0, 1.0]",
        () -> new AugmentFormat.Normalize(List.of(0f), List.of(1f, 1f, 1f)));
  }

  @Test
  void virtualThreadsAreRefused() throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread.ofVirtual()
        .start(() ->
            failure.set(
                assertThrows(
                    IllegalStateException.class,
                    () -> run(MemorySegment.ofArray(new float[2 * VALUES]), 0, 1))))
        .join();
    assertTrue(failure.get().getMessage().contains("virtual thread"), failure.get().getMessage());
  }

  /** What can be told without a GPU. */
  @Test
  void tensorsThatDoNotFitAreRefused() {
    AugmentBatch batch = batch();
    try (var _ = TensorScope.open()) {
      Tensor fine =
          Tensor.empty(DType.FLOAT32, Device.CPU, MemoryFormat.CHANNELS_LAST, 2, 3, SIZE, SIZE);
      assertTensor(batch, "out is float64 [2, 3, 6, 6]; allowed: float32", fine.to(DType.FLOAT64));
      assertTensor(
          batch,
          "out is float32 [2, 3, 6, 5]; allowed: float32 [N, 3, 6, 6]",
          Tensor.zeros(DType.FLOAT32, 2, 3, 6, 5));
      assertTensor(batch, "strides of out is [108, 36, 6, 1];", fine.contiguous());
      whole(batch, MemorySegment.ofArray(noise(0)), 2);
      assertTensor(batch, "row of view 0 is 2; allowed: 0 to 1", fine);
      whole(batch, MemorySegment.ofArray(noise(0)), 0);
      assertTensor(batch, "out is a tensor; allowed: host memory", fine);
    }
  }

  private static void assertTensor(AugmentBatch batch, String message, Tensor out) {
    assertRefused(message, () -> batch.run(out));
    assertEquals(0, batch.size());
  }

  private static void assertRefused(String message, Runnable action) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, action::run);
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
  }
}
