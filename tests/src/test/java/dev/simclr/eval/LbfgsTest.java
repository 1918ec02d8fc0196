package dev.simclr.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class LbfgsTest {

  private static final Lbfgs.Options TIGHT = new Lbfgs.Options(500, 5000, 10, 1e-10, 1e-16);

  private static double rosenbrock(double[] x, double[] gradient) {
    double sum = 0;
    Arrays.fill(gradient, 0);
    for (int i = 0; i + 1 < x.length; i++) {
      double a = x[i + 1] - x[i] * x[i];
      double b = 1 - x[i];
      sum += 100 * a * a + b * b;
      gradient[i] += -400 * a * x[i] - 2 * b;
      gradient[i + 1] += 200 * a;
    }
    return sum;
  }

  @Test
  void findsTheMinimumOfRosenbrocksFunction() {
    var result = Lbfgs.minimize(LbfgsTest::rosenbrock, new double[] {-1.2, 1}, TIGHT);
    assertArrayEquals(new double[] {1, 1}, result.x(), 1e-9);
    assertTrue(result.iterations() < 60, "iterations " + result.iterations());
  }

  @Test
  void findsTheMinimumOfRosenbrocksFunctionInManyDimensions() {
    double[] start = new double[50];
    Arrays.fill(start, 0.5);
    var result = Lbfgs.minimize(LbfgsTest::rosenbrock, start, TIGHT);
    double[] ones = new double[50];
    Arrays.fill(ones, 1);
    assertArrayEquals(ones, result.x(), 1e-7);
  }

  @Test
  void solvesAnIllConditionedQuadratic() {
    // f(x) = sum c_i (x_i - i)^2 / 2 with condition number 1e4; minimum at x_i = i.
    var result =
        Lbfgs.minimize(
            (x, gradient) -> {
              double sum = 0;
              for (int i = 0; i < x.length; i++) {
                double c = Math.pow(10, 4.0 * i / (x.length - 1));
                gradient[i] = c * (x[i] - i);
                sum += 0.5 * c * (x[i] - i) * (x[i] - i);
              }
              return sum;
            },
            new double[20],
            TIGHT);
    for (int i = 0; i < 20; i++) {
      assertEquals(i, result.x()[i], 1e-7);
    }
    assertEquals(0, result.value(), 1e-12);
  }

  @Test
  void fitsALogisticRegressionWithKnownSolution() {
    // A bias alone, 30 positives of 40: log-odds ln 3, mean cross-entropy = entropy of (3/4, 1/4).
    var result =
        Lbfgs.minimize(
            (x, gradient) -> {
              double p = 1 / (1 + Math.exp(-x[0]));
              gradient[0] = p - 0.75;
              return -(0.75 * Math.log(p) + 0.25 * Math.log(1 - p));
            },
            new double[1],
            TIGHT);
    assertEquals(Math.log(3), result.x()[0], 1e-8);
    assertEquals(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)), result.value(), 1e-14);
    assertEquals(Lbfgs.Stop.GRADIENT, result.stop());
  }

  @Test
  void stepsBackFromWhereTheFunctionIsNotFinite() {
    // x - ln x is NaN left of 0, where the first full steps would land; minimum at 1.
    var result =
        Lbfgs.minimize(
            (x, gradient) -> {
              gradient[0] = 1 - 1 / x[0];
              return x[0] - Math.log(x[0]);
            },
            new double[] {0.3},
            TIGHT);
    assertEquals(1, result.x()[0], 1e-8);
  }

  @Test
  void neverGoesUphill() {
    double[] last = {Double.POSITIVE_INFINITY};
    for (int iterations = 1; iterations < 30; iterations++) {
      var result =
          Lbfgs.minimize(
              LbfgsTest::rosenbrock,
              new double[] {-1.2, 1},
              new Lbfgs.Options(iterations, 10_000, 10, 0, 0));
      assertTrue(result.value() <= last[0], iterations + " iterations: " + result.value());
      last[0] = result.value();
    }
  }

  @Test
  void returnsTheStartWhereTheGradientVanishes() {
    var result = Lbfgs.minimize(LbfgsTest::rosenbrock, new double[] {1, 1}, TIGHT);
    assertEquals(0, result.iterations());
    assertEquals(1, result.evaluations());
    assertEquals(Lbfgs.Stop.GRADIENT, result.stop());
  }

  @Test
  void obeysItsLimits() {
    double[] start = {-1.2, 1};
    var iterations =
        Lbfgs.minimize(LbfgsTest::rosenbrock, start, new Lbfgs.Options(3, 100, 10, 0, 0));
    assertEquals(Lbfgs.Stop.ITERATIONS, iterations.stop());
    assertEquals(3, iterations.iterations());
    var evaluations =
        Lbfgs.minimize(LbfgsTest::rosenbrock, start, new Lbfgs.Options(100, 5, 10, 0, 0));
    assertEquals(Lbfgs.Stop.EVALUATIONS, evaluations.stop());
    assertArrayEquals(new double[] {-1.2, 1}, start, "the start is not changed");
  }

  @Test
  void refusesLimitsThatAllowNoSearch() {
    var e =
        assertThrows(IllegalArgumentException.class, () -> new Lbfgs.Options(0, 1, 1, 1e-7, 1e-9));
    assertEquals("maxIterations is 0; allowed: 1 or more", e.getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> new Lbfgs.Options(1, 1, 1, Double.NaN, 1e-9));
  }
}
