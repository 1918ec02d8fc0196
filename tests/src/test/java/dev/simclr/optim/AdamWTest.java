package dev.simclr.optim;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.TensorScope;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
final class AdamWTest {

  /** Against torch.optim.AdamW, after each of five steps. */
  @ParameterizedTest
  @CsvSource({"adamw, 0.9, 0.999, 1e-8, 0.01", "adamw_other, 0.8, 0.95, 1e-3, 0"})
  void takesTheStepsOfPyTorch(
      String name, double beta1, double beta2, double epsilon, double decay) {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      double tolerance = dtype == DType.FLOAT64 ? 1e-13 : 2e-6;
      try (var _ = TensorScope.open()) {
        GradientSteps problem = new GradientSteps(dtype);
        var groups = ParameterGroup.all(problem.parameters(), decay);
        try (AdamW adamW = new AdamW(groups, beta1, beta2, epsilon)) {
          problem.assertFollows(name, adamW, tolerance);
          assertEquals(
              Set.of("exp_avg.w", "exp_avg.b", "exp_avg_sq.w", "exp_avg_sq.b", "step"),
              adamW.state().keySet());
          assertEquals(GradientSteps.STEPS, adamW.state().get("step").itemLong());
        }
      }
    }
  }

  /** The corrected moments of the first step are the gradient and its square. */
  @Test
  void theFirstStepIsTheLearningRateInTheDirectionOfTheSigns() {
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT64);
      double[] before = problem.b().toDoubleArray();
      try (AdamW adamW =
          new AdamW(ParameterGroup.all(problem.parameters(), 0.5), 0.9, 0.999, 1e-12)) {
        problem.setGradients(0);
        adamW.step(0.01);
      }
      double[] gradient = GradientSteps.gradient("b", 0, 5);
      double[] expected = new double[5];
      for (int i = 0; i < 5; i++) {
        expected[i] = before[i] * (1 - 0.01 * 0.5) - 0.01 * Math.signum(gradient[i]);
      }
      assertClose(expected, problem.b().toDoubleArray(), 1e-9, 0, "b");
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, Double.NaN})
  void refusesHyperParametersThatMakeNoSense(double beta) {
    try (var _ = TensorScope.open()) {
      var groups = ParameterGroup.all(new GradientSteps(DType.FLOAT32).parameters(), 0);
      var e = assertThrows(IllegalArgumentException.class, () -> new AdamW(groups, beta, 0.9, 1));
      assertEquals("beta1 is " + beta + "; allowed: from 0 to below 1", e.getMessage());
      e = assertThrows(IllegalArgumentException.class, () -> new AdamW(groups, 0.9, beta, 1));
      assertEquals("beta2 is " + beta + "; allowed: from 0 to below 1", e.getMessage());
      for (double epsilon : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
        e =
            assertThrows(
                IllegalArgumentException.class, () -> new AdamW(groups, 0.9, 0.999, epsilon));
        assertTrue(e.getMessage().startsWith("epsilon is " + epsilon), e.getMessage());
      }
    }
  }
}
