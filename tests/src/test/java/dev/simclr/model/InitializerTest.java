package dev.simclr.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Moments within five standard errors of what the distributions say, from fixed seeds. */
@ExtendWith(LeakCheck.class)
final class InitializerTest {

  private static final int OUT = 128;
  private static final int IN = 96;

  private static double std(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    return Math.sqrt(
        Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
  }

  private static void checkMoments(double[] values, double std, double kurtosis) {
    double root = Math.sqrt(values.length);
    assertEquals(0, Arrays.stream(values).average().orElseThrow(), 5 * std / root, "mean");
    double error = std * Math.sqrt((kurtosis - 1) / 4) / root;
    assertEquals(std, std(values), 5 * error, "standard deviation");
    double fourth = Arrays.stream(values).map(v -> Math.pow(v / std, 4)).average().orElseThrow();
    assertEquals(kurtosis, fourth, 0.1, "kurtosis");
  }

  @Test
  void torchvisionConvolutionsAreNormalOverFanOut() {
    try (var _ = TensorScope.open()) {
      double[] w =
          new Initializer(1, Initializer.ENCODER, Variant.TORCHVISION)
              .convWeight(OUT, IN, 3, 3)
              .toDoubleArray();
      double std = Math.sqrt(2.0 / (OUT * 9));
      checkMoments(w, std, 3);
      assertTrue(Arrays.stream(w).anyMatch(v -> Math.abs(v) > 3 * std), "tails are not cut off");
    }
  }

  @Test
  void pytorchConvolutionsAreUniformOverFanIn() {
    try (var _ = TensorScope.open()) {
      double[] w =
          new Initializer(1, Initializer.ENCODER, InitialWeights.PYTORCH)
              .convWeight(OUT, IN, 3, 3)
              .toDoubleArray();
      double bound = 1 / Math.sqrt(IN * 9);
      checkMoments(w, bound / Math.sqrt(3), 1.8);
      double largest = Arrays.stream(w).map(Math::abs).max().orElseThrow();
      assertTrue(largest <= bound && largest > 0.999 * bound, largest + " of " + bound);
    }
  }

  /** A normal distribution cut off at two sigma, widened so that the variance is 1 / fan-in. */
  @Test
  void googleConvolutionsAreTruncatedNormalOverFanIn() {
    // Moments of the truncated distribution by rejection, independent of its closed form.
    Random random = new Random(5);
    double[] reference =
        random
            .doubles(0, 1)
            .map(_ -> random.nextGaussian())
            .filter(z -> Math.abs(z) < 2)
            .limit(1_000_000)
            .toArray();
    double cut = std(reference);
    double kurtosis =
        Arrays.stream(reference).map(z -> Math.pow(z / cut, 4)).average().orElseThrow();
    try (var _ = TensorScope.open()) {
      double[] w =
          new Initializer(1, Initializer.ENCODER, Variant.GOOGLE)
              .convWeight(OUT, IN, 3, 3)
              .toDoubleArray();
      double std = Math.sqrt(1.0 / (IN * 9));
      checkMoments(w, std, kurtosis);
      double largest = Arrays.stream(w).map(Math::abs).max().orElseThrow();
      double bound = 2 * std / cut;
      assertTrue(largest < bound * 1.002 && largest > bound * 0.99, largest + " of " + bound);
    }
  }

  @Test
  void torchvisionDenseLayersAreUniform() {
    try (var _ = TensorScope.open()) {
      var init = new Initializer(1, Initializer.HEAD, Variant.TORCHVISION);
      double bound = 1 / Math.sqrt(IN);
      double[] w = init.denseWeight(OUT, IN).toDoubleArray();
      checkMoments(w, bound / Math.sqrt(3), 1.8);
      double[] b = init.denseBias(OUT, IN).toDoubleArray();
      for (double[] values : new double[][] {w, b}) {
        double largest = Arrays.stream(values).map(Math::abs).max().orElseThrow();
        assertTrue(largest <= bound && largest > 0.9 * bound, largest + " of " + bound);
      }
    }
  }

  @Test
  void googleDenseLayersAreNormalWithoutBias() {
    try (var _ = TensorScope.open()) {
      var init = new Initializer(1, Initializer.HEAD, Variant.GOOGLE);
      checkMoments(init.denseWeight(4 * OUT, IN).toDoubleArray(), 0.01, 3);
      assertArrayEquals(new double[OUT], init.denseBias(OUT, IN).toDoubleArray());
    }
  }

  @Test
  void seedStreamAndPositionAloneDecide() {
    try (var _ = TensorScope.open()) {
      float[] first = second(1, Initializer.ENCODER, 3);
      assertArrayEquals(first, second(1, Initializer.ENCODER, 50), "sizes before do not matter");
      assertFalse(Arrays.equals(first, second(2, Initializer.ENCODER, 3)));
      assertFalse(Arrays.equals(first, second(1, Initializer.HEAD, 3)));
      Initializer init = new Initializer(1, Initializer.ENCODER, Variant.TORCHVISION);
      float[] zeroth = init.denseWeight(4, 5).toFloatArray();
      assertFalse(Arrays.equals(zeroth, init.denseWeight(4, 5).toFloatArray()));
    }
  }

  /** The second tensor that is drawn, after a first one of some size. */
  private static float[] second(long seed, int stream, int sizeBefore) {
    Initializer init = new Initializer(seed, stream, Variant.TORCHVISION);
    init.convWeight(sizeBefore, 2, 3, 3);
    Tensor weight = init.denseWeight(4, 5);
    return weight.toFloatArray();
  }

  @Test
  void aClassifierIsToldFromTheEncoder() {
    try (Linear classifier =
        Linear.classifier(4, 3, new Initializer(0, Initializer.CLASSIFIER, Variant.GOOGLE))) {
      assertEquals(ParameterKind.SUPERVISED_HEAD, classifier.parameters().get(0).kind());
      assertEquals(ParameterKind.BIAS, classifier.parameters().get(1).kind());
    }
  }
}
