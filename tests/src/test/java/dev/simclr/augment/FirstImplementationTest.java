package dev.simclr.augment;

import static dev.simclr.testing.Close.assertClose;

import dev.simclr.random.Purpose;
import dev.simclr.random.RandomStream;
import dev.simclr.torch.AugmentFormat.Isa;
import dev.simclr.torch.DType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Given the same parameters, the engine's views are those of the first implementation. */
class FirstImplementationTest {
  private static final double TOLERANCE = 1e-5;
  private static final int VIEWS = 12;
  private static final int[][] IMAGES = {{1, 1}, {3, 90}, {32, 32}, {37, 53}, {120, 75}};
  private static final int[] SIZES = {1, 7, 16, 19, 20, 32, 33, 64, 97};
  private static final List<Interpolation> FILTERS =
      List.of(Interpolation.BILINEAR, Interpolation.BICUBIC);
  private static final Normalization NORMALIZATION =
      new Normalization(List.of(0.49, 0.48, 0.45), List.of(0.25, 0.24, 0.26));

  private static MemorySegment noise(int height, int width) {
    RandomStream random = new RandomStream().at(2, Purpose.SPLIT, height, width, 0);
    byte[] image = new byte[3 * height * width];
    for (int i = 0; i < image.length; i++) {
      image[i] = (byte) random.nextWord();
    }
    return MemorySegment.ofArray(image);
  }

  private static double[] doubles(float[] values) {
    double[] copy = new double[values.length];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = values[i];
    }
    return copy;
  }

  private static void assertSame(float[] expected, float[] actual, ViewFormat format, Object what) {
    // Normalised values are four times as large as those in [0, 1].
    double scale = format.normalization().isPresent() ? 4 : 1;
    assertClose(doubles(expected), doubles(actual), scale * TOLERANCE, 0, format + " " + what);
  }

  private static ViewFormat format(int size, PixelLayout layout, Interpolation filter) {
    // Every second size is normalised.
    return new ViewFormat(
        size,
        DType.FLOAT32,
        layout,
        filter,
        size % 2 == 0 ? Optional.of(NORMALIZATION) : Optional.empty());
  }

  @Test
  void viewsOfTrainingAreTheFirstOnes() {
    AugmentConfig config = AugmentConfig.simclr(1).with(RandomBlur.SIMCLR);
    for (int size : SIZES) {
      AugmentSampler sampler = new AugmentSampler(config, size);
      for (PixelLayout layout : PixelLayout.values()) {
        for (Interpolation filter : FILTERS) {
          ViewFormat format = format(size, layout, filter);
          FloatAugmenter first = new FloatAugmenter(format);
          for (Isa isa : EngineIsas.available()) {
            compare(first, new Augmenter(format, isa), sampler, isa);
          }
        }
      }
    }
  }

  private static void compare(
      FloatAugmenter first, Augmenter engine, AugmentSampler sampler, Isa isa) {
    ViewFormat format = engine.format();
    float[] expected = new float[format.values()];
    float[] actual = new float[format.values()];
    for (int[] shape : IMAGES) {
      MemorySegment image = noise(shape[0], shape[1]);
      for (int i = 0; i < VIEWS; i++) {
        AugmentParams params = sampler.sample(new ViewKey(0, 0, 0, i, 0), shape[0], shape[1]);
        first.apply(image, shape[0], shape[1], params, MemorySegment.ofArray(expected), 0);
        engine.apply(image, shape[0], shape[1], params, MemorySegment.ofArray(actual), 0);
        assertSame(expected, actual, format, isa + " " + params);
      }
    }
  }

  @Test
  void viewsOfEvaluationAreTheFirstOnes() {
    for (int size : SIZES) {
      for (PixelLayout layout : PixelLayout.values()) {
        for (Interpolation filter : FILTERS) {
          ViewFormat format = format(size, layout, filter);
          FloatEvalTransform first = new FloatEvalTransform(format);
          EvalTransform engine = new EvalTransform(format);
          float[] expected = new float[format.values()];
          float[] actual = new float[format.values()];
          for (int[] shape : IMAGES) {
            MemorySegment image = noise(shape[0], shape[1]);
            first.apply(image, shape[0], shape[1], MemorySegment.ofArray(expected), 0);
            engine.apply(image, shape[0], shape[1], MemorySegment.ofArray(actual), 0);
            assertSame(expected, actual, format, shape[0] + "x" + shape[1]);
          }
        }
      }
    }
  }
}
