package dev.simclr.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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
final class SgdTest {

  /** Against torch.optim.SGD, after each of five steps. */
  @ParameterizedTest
  @CsvSource({
    "sgd, 0.9, 5e-4, false",
    "sgd_nesterov, 0.9, 5e-4, true",
    "sgd_plain, 0, 0.01, false"
  })
  void takesTheStepsOfPyTorch(String name, double momentum, double decay, boolean nesterov) {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      double tolerance = dtype == DType.FLOAT64 ? 1e-14 : 1e-6;
      try (var _ = TensorScope.open()) {
        GradientSteps problem = new GradientSteps(dtype);
        try (Sgd sgd =
            new Sgd(ParameterGroup.all(problem.parameters(), decay), momentum, nesterov)) {
          problem.assertFollows(name, sgd, tolerance);
          assertEquals(Set.of("momentum.w", "momentum.b"), sgd.state().keySet());
        }
      }
    }
  }

  @Test
  void twoStepsByHand() {
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT64);
      double w = problem.b().toDoubleArray()[2];
      double g0 = GradientSteps.gradient("b", 0, 5)[2];
      double g1 = GradientSteps.gradient("b", 1, 5)[2];
      try (Sgd sgd = new Sgd(ParameterGroup.all(problem.parameters(), 0.25), 0.5, true)) {
        problem.setGradients(0);
        sgd.step(0.1);
        double d = g0 + 0.25 * w;
        double buffer = d;
        w -= 0.1 * (d + 0.5 * buffer);
        problem.setGradients(1);
        sgd.step(0.2);
        d = g1 + 0.25 * w;
        buffer = 0.5 * buffer + d;
        w -= 0.2 * (d + 0.5 * buffer);
        assertEquals(w, problem.b().toDoubleArray()[2], 1e-14);
        assertEquals(buffer, sgd.state().get("momentum.b").toDoubleArray()[2], 1e-14);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.1, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesAMomentumThatMakesNoSense(double momentum) {
    try (var _ = TensorScope.open()) {
      var groups = ParameterGroup.all(new GradientSteps(DType.FLOAT32).parameters(), 0);
      var e = assertThrows(IllegalArgumentException.class, () -> new Sgd(groups, momentum, false));
      assertEquals("momentum is " + momentum + "; allowed: 0 to 1", e.getMessage());
    }
  }
}
