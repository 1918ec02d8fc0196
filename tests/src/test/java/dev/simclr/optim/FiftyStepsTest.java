package dev.simclr.optim;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.TensorScope;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Schedule, momentum and weight decay together: 50 steps, 10 of them warm-up, against sums and
 * products that are written out instead of computed step by step. Checked are the steps at the
 * edges of warm-up and cosine.
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
}
