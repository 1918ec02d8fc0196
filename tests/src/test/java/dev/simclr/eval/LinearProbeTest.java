package dev.simclr.eval;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.FixtureArrays;
import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
final class LinearProbeTest {

  private static final int CLASSES = FixturePoints.CLASSES;
  private static final int DIM = FixturePoints.DIM;

  /** Mean 0 and standard deviation 1 (of the population) in each column. */
  private static double[] standardized(double[] values) {
    int n = values.length / DIM;
    double[] result = new double[values.length];
    for (int d = 0; d < DIM; d++) {
      double mean = 0;
      for (int i = 0; i < n; i++) {
        mean += values[i * DIM + d] / n;
      }
      double variance = 0;
      for (int i = 0; i < n; i++) {
        variance += Math.pow(values[i * DIM + d] - mean, 2) / n;
      }
      for (int i = 0; i < n; i++) {
        result[i * DIM + d] = (values[i * DIM + d] - mean) / Math.sqrt(variance);
      }
    }
    return result;
  }

  /** Returns P = softmax(X W' + b), row-major. */
  private static double[] probabilities(double[] x, double[] weight, double[] bias) {
    int n = x.length / DIM;
    int classes = bias.length;
    double[] p = new double[n * classes];
    for (int i = 0; i < n; i++) {
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        double score = bias[c];
        for (int d = 0; d < DIM; d++) {
          score += x[i * DIM + d] * weight[c * DIM + d];
        }
        p[i * classes + c] = Math.exp(score);
        sum += p[i * classes + c];
      }
      for (int c = 0; c < classes; c++) {
        p[i * classes + c] /= sum;
      }
    }
    return p;
  }

  private static double[] centred(double[] bias) {
    double mean = Arrays.stream(bias).average().orElseThrow();
    return Arrays.stream(bias).map(b -> b - mean).toArray();
  }

  @Test
  void findsTheMinimumThatScikitLearnFinds() {
    FixturePoints train = FixturePoints.train();
    FixturePoints test = FixturePoints.test();
    try (var fixture = FixtureArrays.open("eval/sklearn.safetensors");
        var _ = TensorScope.open()) {
      LinearProbe probe = LinearProbe.fit(train.tensor(DType.FLOAT64), train.labels(), CLASSES);
      assertClose(fixture.values("probe.loss"), new double[] {probe.loss()}, 0, 1e-7, "loss");
      assertClose(fixture.values("probe.weight"), probe.weight(), 2e-4, 2e-4, "weight");
      assertClose(fixture.values("probe.bias"), centred(probe.bias()), 2e-4, 2e-4, "bias");
      int[] expected = fixture.integers("probe.predictions");
      assertArrayEquals(expected, probe.predict(test.tensor(DType.FLOAT64)));
      int correct = 0;
      for (int i = 0; i < expected.length; i++) {
        correct += expected[i] == test.labels()[i] ? 1 : 0;
      }
      var accuracy = probe.accuracy(test.tensor(DType.FLOAT64), test.labels());
      assertEquals(correct / 100.0, accuracy.top1(), 1e-15);
      assertEquals(1, accuracy.top5(), "there are five classes");
      assertTrue(accuracy.top1() > 0.3, accuracy.toString());
    }
  }

  /** float32 features, which encoders give, end at the same minimum up to rounding. */
  @Test
  void singlePrecisionIsEnough() {
    FixturePoints train = FixturePoints.train();
    try (var fixture = FixtureArrays.open("eval/sklearn.safetensors");
        var _ = TensorScope.open()) {
      LinearProbe probe = LinearProbe.fit(train.tensor(DType.FLOAT32), train.labels(), CLASSES);
      assertClose(fixture.values("probe.loss"), new double[] {probe.loss()}, 0, 1e-5, "loss");
      assertClose(fixture.values("probe.weight"), probe.weight(), 0.02, 0.02, "weight");
    }
  }

  /**
   * At the minimum of mean cross-entropy + decay ||W||^2, (P - Y)' X / n = -2 decay W, and with a
   * free bias each class has the mean probability of its frequency.
   */
  @Test
  void theResultIsAStationaryPointOfTheObjective() {
    FixturePoints train = FixturePoints.train();
    // Unequal classes: 0 takes half of the samples of 1, too.
    int[] labels = train.labels().clone();
    for (int i = 0; i < 150; i++) {
      labels[i] = labels[i] == 1 ? 0 : labels[i];
    }
    double decay = 0.01;
    var tight = new Lbfgs.Options(1000, 2000, 10, 1e-10, 1e-16);
    try (var _ = TensorScope.open()) {
      LinearProbe probe =
          LinearProbe.fit(train.tensor(DType.FLOAT64), labels, CLASSES, decay, tight);
      double[] x = standardized(train.values());
      double[] w = probe.weight();
      double[] p = probabilities(x, w, probe.bias());
      int n = labels.length;
      double loss = 0;
      double[] weightGradient = new double[w.length];
      double[] biasGradient = new double[CLASSES];
      for (int i = 0; i < n; i++) {
        loss -= Math.log(p[i * CLASSES + labels[i]]) / n;
        for (int c = 0; c < CLASSES; c++) {
          double residual = (p[i * CLASSES + c] - (c == labels[i] ? 1 : 0)) / n;
          biasGradient[c] += residual;
          for (int d = 0; d < DIM; d++) {
            weightGradient[c * DIM + d] += residual * x[i * DIM + d];
          }
        }
      }
      double[] expected = new double[w.length];
      for (int i = 0; i < w.length; i++) {
        loss += decay * w[i] * w[i];
        expected[i] = -2 * decay * w[i];
      }
      assertEquals(loss, probe.loss(), 1e-12);
      assertClose(expected, weightGradient, 1e-8, 0, "gradient of the weights");
      assertClose(new double[CLASSES], biasGradient, 1e-8, 0, "gradient of the bias");
    }
  }

  @Test
  void theProtocolIsDecay1e4And300Iterations() {
    FixturePoints train = FixturePoints.train();
    try (var _ = TensorScope.open()) {
      Tensor x = train.tensor(DType.FLOAT64);
      LinearProbe usual = LinearProbe.fit(x, train.labels(), CLASSES);
      LinearProbe explicit =
          LinearProbe.fit(x, train.labels(), CLASSES, 1e-4, Lbfgs.Options.iterations(300));
      assertArrayEquals(explicit.weight(), usual.weight());
      assertTrue(usual.iterations() <= 300);
      var three = new Lbfgs.Options(3, 100, 10, 1e-7, 1e-9);
      LinearProbe cut = LinearProbe.fit(x, train.labels(), CLASSES, 1e-4, three);
      assertEquals(3, cut.iterations());
      assertTrue(cut.loss() > usual.loss());
      assertTrue(cut.loss() < Math.log(CLASSES), "better than where it starts");
    }
  }

  /** Standardised, features of another scale and origin are the same features. */
  @Test
  void scaleAndOriginOfFeaturesDoNotCount() {
    FixturePoints train = FixturePoints.train();
    FixturePoints test = FixturePoints.test();
    try (var _ = TensorScope.open()) {
      double[] scale = new double[DIM];
      double[] origin = new double[DIM];
      for (int d = 0; d < DIM; d++) {
        scale[d] = Math.pow(10, d % 5 - 2);
        origin[d] = 3 * d - 20;
      }
      Tensor a = Tensor.of(scale, DIM);
      Tensor b = Tensor.of(origin, DIM);
      Tensor x = train.tensor(DType.FLOAT64);
      LinearProbe plain = LinearProbe.fit(x, train.labels(), CLASSES);
      LinearProbe moved = LinearProbe.fit(x.mul(a).add(b), train.labels(), CLASSES);
      assertEquals(plain.loss(), moved.loss(), 1e-9);
      assertArrayEquals(
          plain.predict(test.tensor(DType.FLOAT64)),
          moved.predict(test.tensor(DType.FLOAT64).mul(a).add(b)));
    }
  }

  @Test
  void constantFeaturesAreHarmless() {
    FixturePoints train = FixturePoints.train();
    try (var _ = TensorScope.open()) {
      Tensor x = train.tensor(DType.FLOAT32);
      Tensor constant = Tensor.full(0.3, DType.FLOAT32, x.size(0), 2);
      LinearProbe plain = LinearProbe.fit(x, train.labels(), CLASSES);
      LinearProbe wider =
          LinearProbe.fit(Tensor.cat(List.of(x, constant), 1), train.labels(), CLASSES);
      assertEquals(plain.loss(), wider.loss(), 1e-5);
    }
  }

  @Test
  void topFiveOfManyClasses() {
    // Class c lies on axis c; a query between axes 0, 1 and 2 ranks these first.
    int classes = 8;
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.eye(classes, DType.FLOAT64).repeat(4, 1);
      int[] labels = new int[4 * classes];
      for (int i = 0; i < labels.length; i++) {
        labels[i] = i % classes;
      }
      LinearProbe probe = LinearProbe.fit(x, labels, classes);
      assertEquals(new Accuracy(1, 1), probe.accuracy(x, labels));
      // Scores fall from class 0 to class 7.
      double[] falling = new double[classes];
      for (int c = 0; c < classes; c++) {
        falling[c] = 1 - 0.1 * c;
      }
      Tensor query = Tensor.of(falling, 1, classes);
      assertArrayEquals(new int[] {0}, probe.predict(query));
      assertEquals(new Accuracy(1, 1), probe.accuracy(query, new int[] {0}));
      assertEquals(new Accuracy(0, 1), probe.accuracy(query, new int[] {4}));
      assertEquals(new Accuracy(0, 0), probe.accuracy(query, new int[] {5}));
    }
  }

  @Test
  void aClassWithoutSamplesIsAllowed() {
    FixturePoints train = FixturePoints.train();
    try (var _ = TensorScope.open()) {
      LinearProbe probe = LinearProbe.fit(train.tensor(DType.FLOAT64), train.labels(), CLASSES + 2);
      for (int predicted : probe.predict(train.tensor(DType.FLOAT64))) {
        assertTrue(predicted < CLASSES);
      }
    }
  }

  @Test
  void refusesWhatDoesNotFitTogether() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, 3, 2);
      int[] labels = {0, 1, 2};
      var e = assertThrows(IllegalArgumentException.class, () -> LinearProbe.fit(x, labels, 2));
      assertEquals("labels[2] is 2; allowed: 0 to 1", e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class, () -> LinearProbe.fit(x, new int[] {0, 1}, 3));
      assertTrue(e.getMessage().startsWith("labels has 2 values"), e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class, () -> LinearProbe.fit(x.to(DType.INT64), labels, 3));
      assertEquals("features are int64; allowed: FLOAT32, FLOAT64", e.getMessage());
      for (double decay : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
        e =
            assertThrows(
                IllegalArgumentException.class,
                () -> LinearProbe.fit(x, labels, 3, decay, Lbfgs.Options.iterations(1)));
        assertEquals("decay is " + decay + "; allowed: finite, 0 or more", e.getMessage());
      }
      LinearProbe probe = LinearProbe.fit(x, labels, 3, 1e-4, Lbfgs.Options.iterations(1));
      e =
          assertThrows(
              IllegalArgumentException.class,
              () -> probe.predict(Tensor.ones(DType.FLOAT32, 3, 5)));
      assertEquals("features have shape [3, 5]; allowed: [m, 2]", e.getMessage());
    }
  }
}
