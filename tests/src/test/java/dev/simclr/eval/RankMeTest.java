package dev.simclr.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
final class RankMeTest {

  /** The definition, for singular values that are known. */
  private static double expected(double... sigma) {
    double sum = 0;
    for (double s : sigma) {
      sum += s;
    }
    double entropy = 0;
    for (double s : sigma) {
      double p = s / sum + 1e-7;
      entropy -= p * Math.log(p);
    }
    return Math.exp(entropy);
  }

  /** Rows of which column k has the norm sigma_k and no two columns overlap. */
  private static double[] diagonal(int rows, double... sigma) {
    double[] values = new double[rows * sigma.length];
    for (int row = 0; row < rows; row++) {
      int column = row % sigma.length;
      int places = (rows - column + sigma.length - 1) / sigma.length;
      values[row * sigma.length + column] = (row % 2 == 0 ? 1 : -1) * sigma[column];
      values[row * sigma.length + column] /= Math.sqrt(places);
    }
    return values;
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 5, 100, 2500})
  void isTheExponentialOfTheEntropyOfTheSingularValues(int rows) {
    double[] sigma = {8, 4, 1, 0.25};
    try (var _ = TensorScope.open()) {
      Tensor features = Tensor.of(diagonal(rows, sigma), rows, 4);
      assertEquals(expected(sigma), RankMe.of(features), 1e-9);
      assertEquals(expected(sigma), RankMe.of(features.to(DType.FLOAT32).mul(1000)), 1e-5);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 16", "3, 16", "16, 16", "64, 16"})
  void equalDirectionsCountOnce(int directions, int dim) {
    double[] values = new double[64 * dim];
    for (int row = 0; row < 64; row++) {
      values[row * dim + row % Math.min(directions, dim)] = 2;
    }
    try (var _ = TensorScope.open()) {
      double rank = RankMe.of(Tensor.of(values, 64, dim));
      assertEquals(Math.min(directions, dim), rank, 0.2 / 64, "balanced directions");
    }
  }

  @Test
  void doesNotDependOnTheRotation() {
    Random random = new Random(3);
    double[] values = random.doubles(40 * 2, -1, 1).toArray();
    double[] turned = new double[values.length];
    for (int i = 0; i < values.length; i += 2) {
      turned[i] = 0.6 * values[i] - 0.8 * values[i + 1];
      turned[i + 1] = 0.8 * values[i] + 0.6 * values[i + 1];
    }
    try (var _ = TensorScope.open()) {
      double rank = RankMe.of(Tensor.of(values, 40, 2));
      assertTrue(rank > 1.5 && rank <= 2.001, "rank " + rank);
      assertEquals(rank, RankMe.of(Tensor.of(turned, 40, 2)), 1e-12);
    }
  }

  @Test
  void fewerRowsThanDimensionsHaveNoMoreSingularValuesThanRows() {
    try (var _ = TensorScope.open()) {
      assertEquals(
          expected(3, 3), RankMe.of(Tensor.of(new double[] {3, 0, 0, 0, 0, 3, 0, 0}, 2, 4)), 1e-9);
    }
  }

  @Test
  void isNanWhereAFeatureIsNotFinite() {
    try (var _ = TensorScope.open()) {
      for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
        assertEquals(Double.NaN, RankMe.of(Tensor.of(new double[] {1, bad, 2, 3}, 2, 2)));
      }
    }
  }

  @Test
  void refusesOtherShapes() {
    try (var _ = TensorScope.open()) {
      Tensor vector = Tensor.zeros(DType.FLOAT32, 4);
      var e = assertThrows(IllegalArgumentException.class, () -> RankMe.of(vector));
      assertEquals("features has shape [4]; allowed: [n, D] with n at least 1", e.getMessage());
    }
  }
}
