package dev.simclr.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against loops over plain arrays. */
@ExtendWith(LeakCheck.class)
final class UnitVectorsTest {

  private static double[][] points(int n, int dim, long seed) {
    Random random = new Random(seed);
    double[][] points = new double[n][dim];
    for (double[] point : points) {
      for (int d = 0; d < dim; d++) {
        point[d] = 5 * random.nextGaussian() + d % 3;
      }
    }
    return points;
  }

  private static double[][] unit(double[][] points) {
    double[][] unit = new double[points.length][];
    for (int i = 0; i < points.length; i++) {
      double square = 0;
      for (double x : points[i]) {
        square += x * x;
      }
      double norm = Math.sqrt(square);
      unit[i] = Arrays.stream(points[i]).map(x -> x / norm).toArray();
    }
    return unit;
  }

  private static double squaredDistance(double[] a, double[] b) {
    double sum = 0;
    for (int d = 0; d < a.length; d++) {
      sum += (a[d] - b[d]) * (a[d] - b[d]);
    }
    return sum;
  }

  private static Tensor tensor(double[][] points) {
    double[] flat = Arrays.stream(points).flatMapToDouble(Arrays::stream).toArray();
    return Tensor.of(flat, points.length, points[0].length);
  }

  @ParameterizedTest
  @CsvSource({"2, 1", "2, 3", "7, 5", "255, 4", "256, 4", "257, 4", "600, 17"})
  void agreesWithTheDefinitions(int n, int dim) {
    double[][] a = points(n, dim, 1);
    double[][] b = points(n, dim, 2);
    double[][] u = unit(a);
    double[][] w = unit(b);
    double std = 0;
    for (int d = 0; d < dim; d++) {
      double mean = 0;
      for (double[] row : u) {
        mean += row[d] / n;
      }
      double square = 0;
      for (double[] row : u) {
        square += (row[d] - mean) * (row[d] - mean);
      }
      std += Math.sqrt(square / (n - 1)) / dim;
    }
    double alignment = 0;
    double gaussians = 0;
    for (int i = 0; i < n; i++) {
      alignment += squaredDistance(u[i], w[i]) / n;
      for (int j = 0; j < n; j++) {
        gaussians += i == j ? 0 : Math.exp(-2 * squaredDistance(u[i], u[j]));
      }
    }
    try (var _ = TensorScope.open()) {
      for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32}) {
        double tolerance = dtype == DType.FLOAT64 ? 1e-10 : 1e-5;
        Tensor x = tensor(a).to(dtype);
        Tensor y = tensor(b).to(dtype);
        assertEquals(Math.sqrt(dim) * std, UnitVectors.std(x), tolerance);
        assertEquals(alignment, UnitVectors.alignment(x, y), tolerance);
        assertEquals(
            Math.log(gaussians / ((double) n * (n - 1))), UnitVectors.uniformity(x), tolerance);
      }
    }
  }

  @Test
  void equalVectorsAreNeitherSpreadNorUniform() {
    try (var _ = TensorScope.open()) {
      Tensor same = Tensor.of(new double[] {3, 4, 6, 8, 0.3, 0.4}, 3, 2);
      assertEquals(0, UnitVectors.std(same), 1e-12);
      assertEquals(0, UnitVectors.uniformity(same), 1e-12);
      assertEquals(0, UnitVectors.alignment(same, same.mul(7)), 1e-12);
    }
  }

  @Test
  void evenlySpreadVectorsHaveAStdOfOne() {
    int dim = 64;
    double[][] points = new double[4000][dim];
    Random random = new Random(5);
    for (double[] point : points) {
      for (int d = 0; d < dim; d++) {
        point[d] = random.nextGaussian();
      }
    }
    try (var _ = TensorScope.open()) {
      assertEquals(1, UnitVectors.std(tensor(points)), 0.01);
    }
  }

  @Test
  void refusesOtherShapes() {
    try (var _ = TensorScope.open()) {
      Tensor one = Tensor.ones(DType.FLOAT32, 1, 3);
      Tensor two = Tensor.ones(DType.FLOAT32, 2, 3);
      assertThrows(IllegalArgumentException.class, () -> UnitVectors.std(one));
      assertThrows(IllegalArgumentException.class, () -> UnitVectors.uniformity(one));
      var e = assertThrows(IllegalArgumentException.class, () -> UnitVectors.alignment(one, two));
      assertEquals("b has shape [2, 3]; allowed: [1, 3]", e.getMessage());
    }
  }
}
