package dev.simclr.optim;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Schedule, momentum and weight decay together: 50 steps, 10 of them warm-up, against sums and
 * products that are written out instead of computed step by step. Where no weight has a part in its
 * own gradient, the steps at the edges of warm-up and cosine are checked, else all.
 */
@ExtendWith(LeakCheck.class)
final class FiftyStepsTest {
  private static final int STEPS = 50;
  private static final int WARMUP = 10;
  private static final double PEAK = 0.8;
  private static final double MOMENTUM = 0.9;
  private static final List<Integer> CHECKED = List.of(1, 2, 9, 10, 11, 12, 49, 50);

  /** The learning rate of a step, from 0; cos^2(x / 2) is (1 + cos x) / 2. */
  private static double rate(int step, boolean fromZero) {
    if (step < WARMUP) {
      return fromZero ? 0.08 * step : 0.08 * (step + 1);
    }
    double half = Math.cos(Math.PI * (step - WARMUP) / 80);
    return PEAK * half * half;
  }

  private static double[] gradient(int step) {
    return GradientSteps.gradient("b", step, 5);
  }

  /** What one weight loses in a number of steps: all gradients, by what of them has arrived. */
  private interface Loss {
    double of(int steps, int element);
  }

  private static void assertFollows(
      Optimizer optimizer, GradientSteps problem, boolean fromZero, Loss loss) {
    LrSchedule schedule = new LrSchedule(PEAK, WARMUP, STEPS, fromZero);
    double[] start = problem.b().toDoubleArray();
    for (int step = 0; step < STEPS; step++) {
      assertEquals(rate(step, fromZero), schedule.at(step), 1e-15, "step " + step);
      problem.setGradients(step);
      optimizer.step(schedule.at(step));
      if (CHECKED.contains(step + 1)) {
        double[] expected = new double[start.length];
        for (int i = 0; i < start.length; i++) {
          expected[i] = start[i] - loss.of(step + 1, i);
        }
        double[] actual = problem.b().toDoubleArray();
        assertClose(expected, actual, 1e-12, 1e-12, (step + 1) + " steps");
      }
    }
  }

  /** PyTorch's momentum: the learning rate of the step in which a gradient arrives counts. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void sgd(boolean fromZero) {
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT64);
      try (Sgd sgd = new Sgd(ParameterGroup.all(problem.parameters(), 0), MOMENTUM, false)) {
        assertFollows(
            sgd,
            problem,
            fromZero,
            (steps, i) -> {
              double sum = 0;
              for (int k = 0; k < steps; k++) {
                for (int s = k; s < steps; s++) {
                  sum += rate(s, fromZero) * Math.pow(MOMENTUM, s - k) * gradient(k)[i];
                }
              }
              return sum;
            });
      }
    }
  }

  /** The reference's momentum: the learning rate of the step that a gradient is of counts. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void lars(boolean fromZero) {
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT64);
      var groups = ParameterGroup.exemptingNormAndBias(problem.parameters(), 1e-4);
      try (Lars lars = new Lars(groups, MOMENTUM, Lars.TRUST, false)) {
        assertFollows(
            lars,
            problem,
            fromZero,
            (steps, i) -> {
              double sum = 0;
              for (int k = 0; k < steps; k++) {
                // 1 + m + m^2 + ... up to the last step
                double arrived = (1 - Math.pow(MOMENTUM, steps - k)) / (1 - MOMENTUM);
                sum += rate(k, fromZero) * arrived * gradient(k)[i];
              }
              return sum;
            });
      }
    }
  }

  /** Without gradients only decay is left: coupled through the learning rate in both. */
  @Test
  void weightDecayMultiplies() {
    double decay = 0.3;
    LrSchedule schedule = new LrSchedule(PEAK, WARMUP, STEPS, true);
    try (var _ = TensorScope.open()) {
      GradientSteps first = new GradientSteps(DType.FLOAT64);
      GradientSteps second = new GradientSteps(DType.FLOAT64);
      double[] start = first.w().toDoubleArray();
      try (Sgd sgd = new Sgd(ParameterGroup.all(first.parameters(), decay), 0, false);
          AdamW adamW =
              new AdamW(ParameterGroup.all(second.parameters(), decay), 0.9, 0.999, 1e-8)) {
        double factor = 1;
        for (int step = 0; step < STEPS; step++) {
          first.w().setGrad(first.w().detach().zerosLike());
          second.w().setGrad(second.w().detach().zerosLike());
          sgd.step(schedule.at(step));
          adamW.step(schedule.at(step));
          factor *= 1 - decay * rate(step, true);
        }
        double[] expected = new double[start.length];
        for (int i = 0; i < start.length; i++) {
          expected[i] = factor * start[i];
        }
        assertClose(expected, first.w().toDoubleArray(), 1e-15, 1e-12, "SGD");
        assertClose(expected, second.w().toDoubleArray(), 1e-15, 1e-12, "AdamW");
      }
    }
  }

  /**
   * The weight after a step, from all weights before it; what an optimizer keeps is summed anew.
   */
  private interface Formula {
    double[] next(List<double[]> weights, int step);
  }

  /** Takes all steps, and compares w after each with the formula's, which starts at the same. */
  private static void assertWeightFollows(
      Optimizer optimizer, GradientSteps problem, Formula formula) {
    LrSchedule schedule = new LrSchedule(PEAK, WARMUP, STEPS, true);
    List<double[]> weights = new ArrayList<>(List.of(problem.w().toDoubleArray()));
    for (int step = 0; step < STEPS; step++) {
      problem.setGradients(step);
      optimizer.step(schedule.at(step));
      weights.add(formula.next(weights, step));
      assertClose(
          weights.getLast(), problem.w().toDoubleArray(), 1e-12, 1e-12, (step + 1) + " steps");
    }
  }

  /** The gradient of w in a step, with decay. */
  private static double[] decayed(double[] weight, int step, double decay) {
    double[] g = GradientSteps.gradient("w", step, 3, 4);
    Arrays.setAll(g, i -> g[i] + decay * weight[i]);
    return g;
  }

  private static double norm(double[] values) {
    return Math.sqrt(DoubleStream.of(values).map(x -> x * x).sum());
  }

  /** b = sum over k of m^(t - k) (g_k + d w_k); w loses lr b, or lr (g_t + d w_t + m b). */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void sgdWithDecayAndMomentum(boolean nesterov) {
    double decay = 0.3;
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT64);
      try (Sgd sgd = new Sgd(ParameterGroup.all(problem.parameters(), decay), MOMENTUM, nesterov)) {
        assertWeightFollows(
            sgd,
            problem,
            (weights, t) -> {
              double[] b = new double[12];
              double[] g = new double[12];
              for (int k = 0; k <= t; k++) {
                g = decayed(weights.get(k), k, decay);
                for (int i = 0; i < b.length; i++) {
                  b[i] += Math.pow(MOMENTUM, t - k) * g[i];
                }
              }
              double[] w = weights.get(t).clone();
              for (int i = 0; i < w.length; i++) {
                w[i] -= rate(t, true) * (nesterov ? g[i] + MOMENTUM * b[i] : b[i]);
              }
              return w;
            });
      }
    }
  }

  /**
   * v = sum over k of m^(t - k) u_k with u = lr trust |w| / |g + d w| (g + d w); w loses v, or m v
   * + u_t. The trust is large enough for the steps to be as long as the weight.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void larsOfAnAdaptedWeight(boolean nesterov) {
    double decay = 0.3;
    double trust = 0.1;
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT64);
      var groups = ParameterGroup.exemptingNormAndBias(problem.parameters(), decay);
      try (Lars lars = new Lars(groups, MOMENTUM, trust, nesterov)) {
        assertWeightFollows(
            lars,
            problem,
            (weights, t) -> {
              double[] v = new double[12];
              double[] u = new double[12];
              for (int k = 0; k <= t; k++) {
                double[] g = decayed(weights.get(k), k, decay);
                double lr = rate(k, true) * trust * norm(weights.get(k)) / norm(g);
                for (int i = 0; i < v.length; i++) {
                  u[i] = lr * g[i];
                  v[i] += Math.pow(MOMENTUM, t - k) * u[i];
                }
              }
              double[] w = weights.get(t).clone();
              for (int i = 0; i < w.length; i++) {
                w[i] -= nesterov ? MOMENTUM * v[i] + u[i] : v[i];
              }
              return w;
            });
      }
    }
  }

  /**
   * m and v are weighted means of all gradients and their squares, of which the weights, (1 - beta)
   * beta^(t - k), add up to 1 - beta^(t + 1).
   */
  @Test
  void adamW() {
    double decay = 0.3;
    double epsilon = 1e-3;
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT64);
      try (AdamW adamW =
          new AdamW(ParameterGroup.all(problem.parameters(), decay), 0.9, 0.99, epsilon)) {
        assertWeightFollows(
            adamW,
            problem,
            (weights, t) -> {
              double[] mean = new double[12];
              double[] square = new double[12];
              double means = 0;
              double squares = 0;
              for (int k = 0; k <= t; k++) {
                double[] g = GradientSteps.gradient("w", k, 3, 4);
                means += Math.pow(0.9, t - k);
                squares += Math.pow(0.99, t - k);
                for (int i = 0; i < mean.length; i++) {
                  mean[i] += Math.pow(0.9, t - k) * g[i];
                  square[i] += Math.pow(0.99, t - k) * g[i] * g[i];
                }
              }
              double lr = rate(t, true);
              double[] w = weights.get(t).clone();
              for (int i = 0; i < w.length; i++) {
                double step = mean[i] / means / (Math.sqrt(square[i] / squares) + epsilon);
                w[i] = w[i] * (1 - lr * decay) - lr * step;
              }
              return w;
            });
      }
    }
  }
}
