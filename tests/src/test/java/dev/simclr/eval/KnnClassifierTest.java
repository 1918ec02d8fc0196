package dev.simclr.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.FixtureArrays;
import dev.simclr.testing.Formula;
import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
final class KnnClassifierTest {

  /** Votes exp(cos / T) of the k nearest, one query and one class at a time. */
  private static int[] naive(
      double[] features, int[] labels, double[] queries, int dim, int k, double temperature) {
    int classes = Arrays.stream(labels).max().orElseThrow() + 1;
    int[] result = new int[queries.length / dim];
    for (int q = 0; q < result.length; q++) {
      double[] cos = new double[labels.length];
      for (int i = 0; i < cos.length; i++) {
        double dot = 0;
        double a = 0;
        double b = 0;
        for (int d = 0; d < dim; d++) {
          dot += features[i * dim + d] * queries[q * dim + d];
          a += features[i * dim + d] * features[i * dim + d];
          b += queries[q * dim + d] * queries[q * dim + d];
        }
        cos[i] = dot / Math.sqrt(a * b);
      }
      double[] votes = new double[classes];
      IntStream.range(0, cos.length)
          .boxed()
          .sorted(Comparator.comparingDouble(i -> -cos[i]))
          .limit(k)
          .forEach(i -> votes[labels[i]] += Math.exp(cos[i] / temperature));
      for (int c = 1; c < classes; c++) {
        result[q] = votes[c] > votes[result[q]] ? c : result[q];
      }
    }
    return result;
  }

  @ParameterizedTest
  @CsvSource({"1, 0.1", "5, 0.1", "200, 0.1", "300, 0.05", "1000, 0.1", "50, 1", "20, 100"})
  void predictsWhatTheDefinitionSays(int k, double temperature) {
    FixturePoints train = FixturePoints.train();
    FixturePoints test = FixturePoints.test();
    int[] expected =
        naive(train.values(), train.labels(), test.values(), FixturePoints.DIM, k, temperature);
    KnnClassifier knn = new KnnClassifier(k, temperature);
    try (var _ = TensorScope.open()) {
      for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32}) {
        int[] predicted = knn.predict(train.tensor(dtype), train.labels(), test.tensor(dtype));
        assertArrayEquals(expected, predicted, dtype.toString());
      }
      int correct = 0;
      for (int i = 0; i < expected.length; i++) {
        correct += expected[i] == test.labels()[i] ? 1 : 0;
      }
      double accuracy =
          knn.accuracy(
              train.tensor(DType.FLOAT64),
              train.labels(),
              test.tensor(DType.FLOAT64),
              test.labels());
      assertEquals(correct / 100.0, accuracy, 1e-15);
      assertTrue(accuracy > 0.3, "the classes can be told apart: " + accuracy);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 200})
  void predictsWhatScikitLearnPredicts(int k) {
    FixturePoints train = FixturePoints.train();
    try (var fixture = FixtureArrays.open("eval/sklearn.safetensors");
        var _ = TensorScope.open()) {
      int[] predicted =
          new KnnClassifier(k, 0.1)
              .predict(
                  train.tensor(DType.FLOAT64),
                  train.labels(),
                  FixturePoints.test().tensor(DType.FLOAT64));
      assertArrayEquals(fixture.integers("knn." + k), predicted);
    }
  }

  @Test
  void theProtocolIs200VotersAtTemperatureOneTenth() {
    assertEquals(new KnnClassifier(200, 0.1), new KnnClassifier());
  }

  @Test
  void nearerVotersCountMore() {
    // One voter of class 1 at cos 1; two of class 0 at cos 0.9, worth exp(-0.1 / T) each.
    double s = Math.sqrt(1 - 0.81);
    double[] features = {0.9, s, 0.9, -s, 1, 0};
    int[] labels = {0, 0, 1};
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(features, 3, 2);
      Tensor query = Tensor.of(new double[] {5, 0}, 1, 2);
      double balance = 0.1 / Math.log(2);
      assertArrayEquals(
          new int[] {1}, new KnnClassifier(3, balance * 0.99).predict(x, labels, query));
      assertArrayEquals(
          new int[] {0}, new KnnClassifier(3, balance * 1.01).predict(x, labels, query));
    }
  }

  @Test
  void equalVotesGoToTheFirstClass() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1, 0, 0, 1}, 2, 2);
      Tensor query = Tensor.of(new float[] {1, 1, -1, -1}, 2, 2);
      KnnClassifier knn = new KnnClassifier(2, 0.1);
      assertArrayEquals(new int[] {3, 3}, knn.predict(x, new int[] {7, 3}, query));
      assertArrayEquals(new int[] {3, 3}, knn.predict(x, new int[] {3, 7}, query));
    }
  }

  @Test
  void lengthsOfFeaturesDoNotCount() {
    try (var _ = TensorScope.open()) {
      // The dot product with the long one is larger, its direction further.
      Tensor x = Tensor.of(new float[] {0.01f, 0, 100, 100}, 2, 2);
      Tensor query = Tensor.of(new float[] {3, 0.1f}, 1, 2);
      assertArrayEquals(
          new int[] {1}, new KnnClassifier(1, 0.1).predict(x, new int[] {1, 0}, query));
    }
  }

  @Test
  void aTinyTemperatureDoesNotOverflow() {
    FixturePoints train = FixturePoints.train();
    FixturePoints test = FixturePoints.test();
    try (var _ = TensorScope.open()) {
      int[] nearest =
          naive(train.values(), train.labels(), test.values(), FixturePoints.DIM, 1, 0.1);
      int[] predicted =
          new KnnClassifier(200, 1e-5)
              .predict(train.tensor(DType.FLOAT32), train.labels(), test.tensor(DType.FLOAT32));
      assertArrayEquals(
          nearest, predicted, "exp(1e5) is beyond all types; only the nearest counts");
    }
  }

  /** 30,000 float32 similarities a row: 559 queries fit into 64 MiB, so these take three turns. */
  @Test
  void queriesAreTakenInTurns() {
    int n = 30_000;
    int m = 1200;
    try (var _ = TensorScope.open()) {
      // Directions on a circle; the class is the quadrant.
      float[] features = new float[2 * n];
      int[] labels = new int[n];
      for (int i = 0; i < n; i++) {
        double angle = 2 * Math.PI * i / n;
        features[2 * i] = (float) Math.cos(angle);
        features[2 * i + 1] = (float) Math.sin(angle);
        labels[i] = 4 * i / n;
      }
      double[] turns = Formula.uniform("turns", m);
      float[] queries = new float[2 * m];
      int[] expected = new int[m];
      for (int i = 0; i < m; i++) {
        // Away from the borders between quadrants.
        expected[i] = (int) (4 * turns[i]);
        double angle = Math.PI / 2 * (expected[i] + 0.1 + 0.8 * (4 * turns[i] - expected[i]));
        queries[2 * i] = (float) Math.cos(angle);
        queries[2 * i + 1] = (float) Math.sin(angle);
      }
      int[] predicted =
          new KnnClassifier(20, 0.1)
              .predict(Tensor.of(features, n, 2), labels, Tensor.of(queries, m, 2));
      assertArrayEquals(expected, predicted);
    }
  }

  @Test
  void noQueriesGiveNoPredictions() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, 3, 2);
      Tensor none = Tensor.empty(DType.FLOAT32, 0, 2);
      assertEquals(0, new KnnClassifier().predict(x, new int[3], none).length);
    }
  }

  @Test
  void refusesWhatDoesNotFitTogether() {
    KnnClassifier knn = new KnnClassifier();
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.FLOAT32, 3, 2);
      var e = assertThrows(IllegalArgumentException.class, () -> knn.predict(x, new int[2], x));
      assertTrue(e.getMessage().startsWith("labels has 2 values; allowed"), e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class, () -> knn.predict(x, new int[] {0, -1, 0}, x));
      assertEquals("labels[1] is -1; allowed: classes from 0", e.getMessage());
      Tensor wide = Tensor.ones(DType.FLOAT32, 3, 4);
      e = assertThrows(IllegalArgumentException.class, () -> knn.predict(x, new int[3], wide));
      assertEquals("queries have shape [3, 4]; allowed: [m, 2]", e.getMessage());
      Tensor none = Tensor.empty(DType.FLOAT32, 0, 2);
      e = assertThrows(IllegalArgumentException.class, () -> knn.predict(none, new int[0], x));
      assertTrue(e.getMessage().startsWith("features have shape [0, 2]"), e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class, () -> knn.accuracy(x, new int[3], x, new int[1]));
      assertTrue(e.getMessage().startsWith("queryLabels has 1 values"), e.getMessage());
    }
    var e = assertThrows(IllegalArgumentException.class, () -> new KnnClassifier(0, 0.1));
    assertEquals("k is 0; allowed: 1 or more", e.getMessage());
    for (double t : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      e = assertThrows(IllegalArgumentException.class, () -> new KnnClassifier(1, t));
      assertEquals("temperature is " + t + "; allowed: finite, above 0", e.getMessage());
    }
  }
}
