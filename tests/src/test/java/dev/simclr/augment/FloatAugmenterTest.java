package dev.simclr.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.random.Purpose;
import dev.simclr.random.RandomStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What holds for a view whatever its values are; the values are torchvision's to judge. */
class FloatAugmenterTest {
  private static final AugmentConfig ALL =
      AugmentConfig.simclr(1).withBlur(new RandomBlur(0.5, 0.1, 2));

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
        view(new FloatAugmenter(ViewFormat.of(32)), image, 32, 32, AugmentParams.identity(32, 32));
    for (int i = 0; i < view.length; i++) {
      assertEquals((image[i] & 0xFF) / 255f, view[i], 1e-7f);
    }
  }

  @Test
  void viewsDependOnTheirKeyAlone() throws InterruptedException {
    int samples = 64;
    AugmentSampler sampler = new AugmentSampler(ALL);
    float[][] expected = new float[2 * samples][];
    Augmenter single = new FloatAugmenter(ViewFormat.of(24));
    for (int i = 0; i < expected.length; i++) {
      expected[i] = viewOf(single, sampler, i);
    }
    ConcurrentMap<Integer, float[]> views = new ConcurrentHashMap<>();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      int thread = t;
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                Augmenter own = new FloatAugmenter(ViewFormat.of(24));
                AugmentSampler restarted = new AugmentSampler(ALL);
                for (int i = expected.length - 1 - thread; i >= 0; i -= 3) {
                  views.put(i, viewOf(own, restarted, i));
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], views.get(i), "view " + i);
    }
    // They are not all the same either.
    long distinct =
        IntStream.range(0, expected.length).mapToObj(i -> expected[i][5]).distinct().count();
    assertTrue(distinct > samples, distinct + " different values");
  }

  /** Image sizes differ from sample to sample, so memory is reused across sizes. */
  private static float[] viewOf(Augmenter augmenter, AugmentSampler sampler, int i) {
    int sample = i / 2;
    int height = 8 + 5 * (sample % 9);
    int width = 8 + 7 * (sample % 5);
    return view(
        augmenter,
        noise(height, width, sample),
        height,
        width,
        sampler.sample(9, 1, sample, i % 2, height, width));
  }

  @Test
  void nothingBesideTheViewIsWritten() {
    AugmentSampler sampler = new AugmentSampler(ALL);
    byte guard = (byte) 0xA5;
    for (PixelLayout layout : PixelLayout.values()) {
      for (int size : new int[] {1, 7, 20, 33}) {
        ViewFormat format = new ViewFormat(size, layout, Interpolation.BICUBIC, Optional.empty());
        Augmenter augmenter = new FloatAugmenter(format);
        EvalTransform evaluation = new EvalTransform(format);
        for (int offset : new int[] {64, 61}) {
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(format.bytes() + 128);
            MemorySegment image =
                arena.allocateFrom(ValueLayout.JAVA_BYTE, noise(19, 23, size)).asReadOnly();
            for (int i = 0; i < 20; i++) {
              out.fill(guard);
              augmenter.apply(image, 19, 23, sampler.sample(0, 0, i, 0, 19, 23), out, offset);
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
    AugmentSampler sampler = new AugmentSampler(ALL);
    Augmenter augmenter = new FloatAugmenter(ViewFormat.of(32));
    EvalTransform evaluation = new EvalTransform(ViewFormat.of(64));
    float[] evaluated = new float[evaluation.format().values()];
    for (int[] shape : new int[][] {{1, 1}, {1, 2}, {1, 40}, {1, 5000}, {2, 1}, {5000, 1}}) {
      byte[] image = noise(shape[0], shape[1], 0);
      for (int i = 0; i < 50; i++) {
        AugmentParams params = sampler.sample(0, 0, i, 0, shape[0], shape[1]);
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
        Augmenter augmenter =
            new FloatAugmenter(
                new ViewFormat(size, PixelLayout.CHANNELS_LAST, interpolation, Optional.empty()));
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
    Augmenter augmenter = new FloatAugmenter(ViewFormat.of(8));
    MemorySegment image = MemorySegment.ofArray(new byte[3 * 4 * 5]);
    MemorySegment out = MemorySegment.ofArray(new float[3 * 64]);
    AugmentParams whole = AugmentParams.identity(4, 5);
    assertRefused("image is 60 bytes", () -> augmenter.apply(image, 5, 5, whole, out, 0));
    assertRefused("height is 0", () -> augmenter.apply(image, 0, 5, whole, out, 0));
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
        "order is [HUE, HUE]",
        () ->
            new AugmentParams(
                0, 0, 1, 1, false, List.of(ColorOp.HUE, ColorOp.HUE), 1, 1, 1, 0, false, 0));
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
