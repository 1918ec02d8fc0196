package dev.simclr.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.random.Purpose;
import dev.simclr.random.RandomStream;
import dev.simclr.torch.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What holds for a view whatever its values are; the values are torchvision's to judge. */
class AugmenterTest {
  private static final AugmentConfig ALL =
      AugmentConfig.simclr(1)
          .withOps(
              List.of(
                  ColorJitter.simclr(1),
                  new RandomGray(0.2),
                  RandomBlur.SIMCLR,
                  new RandomSolarize(0.2, 0.5),
                  new RandomEqualize(0.1),
                  new RandomCutout(0.2, 0.2, 0.5),
                  new RandomRotation(0.3),
                  new RandomSobel(0.1),
                  new RandomViewCrop(new RandomCrop(0.3, 0.2, 0.9, 0.75, 1.3)),
                  new RandomNoise(0.2, 0.01, 0.1)));

  private static byte[] noise(int height, int width, int sample) {
    RandomStream random = new RandomStream().at(1, Purpose.SPLIT, 0, sample, 0);
    byte[] image = new byte[3 * height * width];
    for (int i = 0; i < image.length; i++) {
      image[i] = (byte) random.nextWord();
    }
    return image;
  }

  private static float[] view(
      Augmenter augmenter, byte[] image, int height, int width, AugmentParams params) {
    float[] view = new float[augmenter.format().values()];
    augmenter.apply(
        MemorySegment.ofArray(image), height, width, params, MemorySegment.ofArray(view), 0);
    return view;
  }

  @Test
  void theWholeImageAtItsSizeIsTheImage() {
    byte[] image = noise(32, 32, 0);
    float[] view =
        view(new Augmenter(ViewFormat.of(32)), image, 32, 32, AugmentParams.identity(32, 32));
    for (int i = 0; i < view.length; i++) {
      assertEquals((image[i] & 0xFF) / 255f, view[i], 1e-7f);
    }
  }

  private static final int SAMPLES = 48;

  private static ViewKey key(int i) {
    return new ViewKey(9, 1, 3, i / 2, i % 2);
  }

  private static int height(int i) {
    return 8 + 5 * (i / 2 % 9);
  }

  private static int width(int i) {
    return 8 + 7 * (i / 2 % 5);
  }

  /** Image sizes differ from sample to sample, so memory is reused across sizes. */
  private static void add(Augmenter augmenter, AugmentSampler sampler, int i) {
    augmenter.add(
        MemorySegment.ofArray(noise(height(i), width(i), i / 2)),
        height(i),
        width(i),
        sampler.sample(key(i), height(i), width(i)),
        i);
  }

  private static String sha256(MemorySegment batch) throws NoSuchAlgorithmException {
    byte[] bytes = batch.toArray(ValueLayout.JAVA_BYTE);
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  /** Whatever the threads, how the batch is split, the order of the calls or a restart. */
  @Test
  void viewsDependOnTheirKeyAlone() throws Exception {
    for (Semantics semantics : Semantics.values()) {
      AugmentConfig config = ALL.withSemantics(semantics);
      ViewFormat format = ViewFormat.of(24);
      int views = 2 * SAMPLES;
      try (Arena arena = Arena.ofShared()) {
        MemorySegment whole = arena.allocate(views * format.bytes(), 64);
        Augmenter single = new Augmenter(format);
        AugmentSampler sampler = new AugmentSampler(config, 24);
        for (int i = 0; i < views; i++) {
          add(single, sampler, i);
        }
        single.run(whole);
        String expected = sha256(whole);
        for (int threads = 1; threads <= 3; threads++) {
          for (int slice : new int[] {1, 7, views}) {
            MemorySegment batch = arena.allocate(views * format.bytes(), 64);
            fill(batch, format, config, threads, slice);
            assertEquals(expected, sha256(batch), threads + " threads, slices of " + slice);
          }
        }
        // They are not all the same either.
        long distinct =
            IntStream.range(0, views)
                .mapToObj(i -> whole.get(ValueLayout.JAVA_FLOAT, i * format.bytes() + 20))
                .distinct()
                .count();
        assertTrue(distinct > SAMPLES, distinct + " different values");
      }
    }
  }

  /** Each thread takes every n-th slice, from the last to the first. */
  private static void fill(
      MemorySegment batch, ViewFormat format, AugmentConfig config, int threads, int slice)
      throws InterruptedException {
    int views = 2 * SAMPLES;
    List<Thread> all = new ArrayList<>();
    ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    for (int t = 0; t < threads; t++) {
      int thread = t;
      all.add(
          Thread.ofPlatform()
              .uncaughtExceptionHandler((_, e) -> failures.add(e))
              .start(() -> {
                Augmenter own = new Augmenter(format);
                AugmentSampler restarted = new AugmentSampler(config, 24);
                int slices = Math.ceilDiv(views, slice);
                for (int s = slices - 1 - thread; s >= 0; s -= threads) {
                  for (int i = s * slice; i < Math.min(views, (s + 1) * slice); i++) {
                    add(own, restarted, i);
                  }
                  own.run(batch);
                }
              }));
    }
    for (Thread thread : all) {
      thread.join();
    }
    assertEquals(List.of(), List.copyOf(failures));
  }

  /** bfloat16 is the float32 result, rounded to nearest even. */
  @Test
  void bfloat16IsTheRoundedView() {
    AugmentSampler sampler = new AugmentSampler(ALL, 33);
    for (PixelLayout layout : PixelLayout.values()) {
      ViewFormat format = ViewFormat.of(33).withLayout(layout);
      Augmenter exact = new Augmenter(format);
      Augmenter rounded = new Augmenter(format.withDtype(DType.BFLOAT16));
      assertEquals(format.bytes() / 2, rounded.format().bytes());
      short[] halves = new short[format.values()];
      for (int i = 0; i < 20; i++) {
        byte[] image = noise(19, 23, i);
        AugmentParams params = sampler.sample(key(i), 19, 23);
        float[] view = view(exact, image, 19, 23, params);
        rounded.apply(
            MemorySegment.ofArray(image), 19, 23, params, MemorySegment.ofArray(halves), 0);
        for (int v = 0; v < view.length; v++) {
          int bits = Float.floatToRawIntBits(view[v]);
          int expected = bits + 0x7FFF + (bits >>> 16 & 1) >>> 16;
          assertEquals(expected, halves[v] & 0xFFFF, "value " + v + " of view " + i);
        }
      }
    }
  }

  @Test
  void nothingBesideTheViewIsWritten() {
    byte guard = (byte) 0xA5;
    for (PixelLayout layout : PixelLayout.values()) {
      for (int size : new int[] {1, 7, 20, 33}) {
        ViewFormat format =
            ViewFormat.of(size).withLayout(layout).withInterpolation(Interpolation.BICUBIC);
        AugmentSampler sampler = new AugmentSampler(ALL, size);
        Augmenter augmenter = new Augmenter(format);
        EvalTransform evaluation = new EvalTransform(format);
        for (int offset : new int[] {64, 60}) {
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(format.bytes() + 128);
            MemorySegment image =
                arena.allocateFrom(ValueLayout.JAVA_BYTE, noise(19, 23, size)).asReadOnly();
            for (int i = 0; i < 40; i++) {
              out.fill(guard);
              augmenter.apply(image, 19, 23, sampler.sample(key(i), 19, 23), out, offset);
              assertGuarded(out, offset, format.bytes(), guard);
            }
            out.fill(guard);
            evaluation.apply(image, 19, 23, out, offset);
            assertGuarded(out, offset, format.bytes(), guard);
          }
        }
      }
    }
  }

  private static void assertGuarded(MemorySegment out, long offset, long bytes, byte guard) {
    for (long i = 0; i < out.byteSize(); i++) {
      if (i < offset || i >= offset + bytes) {
        assertEquals(guard, out.get(ValueLayout.JAVA_BYTE, i), "byte " + (i - offset));
      }
    }
    for (long i = 0; i < bytes; i += 4) {
      float value = out.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset + i);
      assertTrue(value > -0.5 && value < 1.5, "value " + value + " at " + i);
    }
  }

  @Test
  void imagesOfOneRowOrColumnHaveViews() {
    AugmentSampler sampler = new AugmentSampler(ALL, 32);
    Augmenter augmenter = new Augmenter(ViewFormat.of(32));
    EvalTransform evaluation = new EvalTransform(ViewFormat.of(64));
    float[] evaluated = new float[evaluation.format().values()];
    for (int[] shape : new int[][] {{1, 1}, {1, 2}, {1, 40}, {1, 5000}, {2, 1}, {5000, 1}}) {
      byte[] image = noise(shape[0], shape[1], 0);
      for (int i = 0; i < 50; i++) {
        AugmentParams params = sampler.sample(key(i), shape[0], shape[1]);
        for (float value : view(augmenter, image, shape[0], shape[1], params)) {
          assertTrue(value >= -1e-6 && value <= 1 + 1e-6, "value " + value);
        }
      }
      evaluation.apply(
          MemorySegment.ofArray(image), shape[0], shape[1], MemorySegment.ofArray(evaluated), 0);
      for (float value : evaluated) {
        assertTrue(value >= -1e-6 && value <= 1 + 1e-6, "value " + value);
      }
    }
    byte[] one = {51, 102, (byte) 204};
    float[] view = view(augmenter, one, 1, 1, AugmentParams.identity(1, 1));
    for (int i = 0; i < view.length; i += 3) {
      assertEquals(0.2f, view[i], 1e-6f);
      assertEquals(0.4f, view[i + 1], 1e-6f);
      assertEquals(0.8f, view[i + 2], 1e-6f);
    }
  }

  /** At every scale an image of one colour stays that colour, so weights sum to 1. */
  @Test
  void resizingKeepsAFlatImageFlat() {
    for (Interpolation interpolation : Interpolation.values()) {
      for (int size = 1; size <= 70; size++) {
        Augmenter augmenter = new Augmenter(ViewFormat.of(size).withInterpolation(interpolation));
        byte[] image = new byte[3 * 37 * 53];
        Arrays.fill(image, (byte) 153);
        for (float value : view(augmenter, image, 37, 53, AugmentParams.crop(2, 3, 31, 50))) {
          assertEquals(0.6f, value, 1e-6f);
        }
      }
    }
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    Augmenter augmenter = new Augmenter(ViewFormat.of(8));
    MemorySegment image = MemorySegment.ofArray(new byte[3 * 4 * 5]);
    float[] values = new float[3 * 64];
    MemorySegment out = MemorySegment.ofArray(values);
    AugmentParams whole = AugmentParams.identity(4, 5);
    assertRefused("image is 60 bytes", () -> augmenter.apply(image, 5, 5, whole, out, 0));
    assertRefused("image is 0x5", () -> augmenter.apply(image, 0, 5, whole, out, 0));
    assertRefused(
        "crop is 4x5 at 1,0",
        () -> augmenter.apply(image, 4, 5, AugmentParams.crop(1, 0, 4, 5), out, 0));
    assertRefused(
        "crop is 2147483647x5 at 2147483647,0",
        () ->
            augmenter.apply(
                image,
                4,
                5,
                AugmentParams.crop(Integer.MAX_VALUE, 0, Integer.MAX_VALUE, 5),
                out,
                0));
    assertThrows(
        IndexOutOfBoundsException.class, () -> augmenter.apply(image, 4, 5, whole, out, 4));
    assertArrayEquals(new float[3 * 64], out.toArray(ValueLayout.JAVA_FLOAT));
    assertRefused("view size is 0", () -> ViewFormat.of(0));
    assertRefused(
        "std[1] is 0.0", () -> new Normalization(List.of(0.0, 0.0, 0.0), List.of(1.0, 0.0, 1.0)));
    assertRefused("mean is [0.5]", () -> new Normalization(List.of(0.5), List.of(1.0, 1.0, 1.0)));
    assertRefused(
        "number of operations is 17",
        () -> new AugmentParams(0, 0, 1, 1, false, Collections.nCopies(17, new ViewOp.Gray())));
    AugmentParams beyond =
        new AugmentParams(0, 0, 4, 5, false, List.of(new ViewOp.Cutout(5, 0, 4, 2)));
    assertRefused("cutout is 4x2 at 5,0", () -> augmenter.apply(image, 4, 5, beyond, out, 0));
    for (ViewOp.Crop crop :
        List.of(
            new ViewOp.Crop(8, 0, 1, 1),
            new ViewOp.Crop(0, 8, 1, 1),
            new ViewOp.Crop(5, 0, 4, 1),
            new ViewOp.Crop(0, 5, 1, 4),
            new ViewOp.Crop(Integer.MAX_VALUE, 0, Integer.MAX_VALUE, 1))) {
      AugmentParams cropped = new AugmentParams(0, 0, 4, 5, false, List.of(crop));
      String box =
          crop.height() + "x" + crop.width() + " at " + crop.top() + "," + crop.left() + ";";
      assertRefused("view crop is " + box, () -> augmenter.apply(image, 4, 5, cropped, out, 0));
    }
    assertRefused("view dtype is float16", () -> ViewFormat.of(8).withDtype(DType.FLOAT16));
    // What was refused leaves nothing behind.
    assertEquals(0, augmenter.size());
    augmenter.apply(image, 4, 5, whole, out, 0);
    assertArrayEquals(new float[3 * 64], values);
  }

  /** TensorFlow's central crop: 0.875 of the short side, and nothing up to 32 pixels. */
  @Test
  void evaluationWithTensorflowsFilterIsTheReferences() {
    ViewFormat format = ViewFormat.of(64).withInterpolation(Interpolation.BICUBIC_TENSORFLOW);
    int height = 50;
    int width = 81;
    byte[] image = noise(height, width, 3);
    float[] evaluated = new float[format.values()];
    new EvalTransform(format)
        .apply(MemorySegment.ofArray(image), height, width, MemorySegment.ofArray(evaluated), 0);
    // rint(0.875 * 50) = 44, from ((50 - 44) + 1) / 2 and ((81 - 44) + 1) / 2.
    AugmentParams crop = new AugmentParams(3, 19, 44, 44, false, List.of(new ViewOp.Clamp()));
    assertArrayEquals(view(new Augmenter(format), image, height, width, crop), evaluated);
  }

  @Test
  void blurHasTheReferencesTaps() {
    assertEquals(1, ViewFormat.of(19).blurTaps());
    assertEquals(3, ViewFormat.of(32).blurTaps());
    assertEquals(9, ViewFormat.of(96).blurTaps());
    assertEquals(23, ViewFormat.of(224).blurTaps());
  }

  @Test
  void evaluationResizesTo8SeventhsAbove32Pixels() {
    assertEquals(32, new EvalTransform(ViewFormat.of(32)).shortSide());
    assertEquals(73, new EvalTransform(ViewFormat.of(64)).shortSide());
    assertEquals(256, new EvalTransform(ViewFormat.of(224)).shortSide());
  }

  private static void assertRefused(String message, Runnable action) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, action::run);
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
    assertTrue(e.getMessage().contains("allowed: "), e.getMessage());
  }
}
