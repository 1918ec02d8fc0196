package dev.simclr.optim;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.model.Initializer;
import dev.simclr.model.Linear;
import dev.simclr.model.Parameter;
import dev.simclr.model.ParameterKind;
import dev.simclr.model.ProjectionHead;
import dev.simclr.model.Variant;
import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
final class LarsTest {

  /** The reference's update of one parameter, written out. */
  private static final class Formulas {
    final double[] w;
    final double[] v;

    Formulas(double[] w) {
      this.w = w.clone();
      v = new double[w.length];
    }

    private static double norm(double[] values) {
      double sum = 0;
      for (double value : values) {
        sum += value * value;
      }
      return Math.sqrt(sum);
    }

    void step(
        double[] gradient,
        double lr,
        double momentum,
        double decay,
        double trust,
        boolean excluded,
        boolean nesterov) {
      double[] g = gradient.clone();
      double ratio = 1;
      if (!excluded) {
        for (int i = 0; i < g.length; i++) {
          g[i] += decay * w[i];
        }
        if (norm(w) > 0 && norm(g) > 0) {
          ratio = trust * norm(w) / norm(g);
        }
      }
      for (int i = 0; i < g.length; i++) {
        v[i] = momentum * v[i] + lr * ratio * g[i];
        w[i] -= nesterov ? momentum * v[i] + lr * ratio * g[i] : v[i];
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0.9, 1e-4, 0.001, false",
    "0.9, 0.3, 0.02, true",
    "0, 1e-6, 0.001, false",
    "0.5, 0, 1, true"
  })
  void takesTheStepsOfTheFormula(double momentum, double decay, double trust, boolean nesterov) {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      double tolerance = dtype == DType.FLOAT64 ? 1e-14 : 1e-6;
      try (var _ = TensorScope.open()) {
        GradientSteps problem = new GradientSteps(dtype);
        Formulas w = new Formulas(problem.w().toDoubleArray());
        Formulas b = new Formulas(problem.b().toDoubleArray());
        var groups = ParameterGroup.exemptingNormAndBias(problem.parameters(), decay);
        try (Lars lars = new Lars(groups, momentum, trust, nesterov)) {
          for (int step = 0; step < GradientSteps.STEPS; step++) {
            double lr = 2 * GradientSteps.learningRate(step);
            problem.setGradients(step);
            lars.step(lr);
            double[] dw = GradientSteps.gradient("w", step, 3, 4);
            double[] db = GradientSteps.gradient("b", step, 5);
            w.step(dw, lr, momentum, decay, trust, false, nesterov);
            b.step(db, lr, momentum, decay, trust, true, nesterov);
            String what = dtype + " step " + step;
            assertClose(w.w, problem.w().toDoubleArray(), tolerance, tolerance, "w, " + what);
            assertClose(b.w, problem.b().toDoubleArray(), tolerance, tolerance, "b, " + what);
          }
          assertEquals(Set.of("velocity.w", "velocity.b"), lars.state().keySet());
          double[] velocity = lars.state().get("velocity.w").toDoubleArray();
          assertClose(w.v, velocity, tolerance, tolerance, "velocity");
        }
      }
    }
  }

  private static double[] stepOnce(double[] weight, double[] gradient, double decay) {
    int n = weight.length;
    Tensor w = Tensor.of(weight, n).requiresGrad(true);
    w.setGrad(Tensor.of(gradient, n));
    Parameter parameter = new Parameter("w", ParameterKind.WEIGHT, w);
    try (Lars lars =
        new Lars(ParameterGroup.all(List.of(parameter), decay), 0.9, Lars.TRUST, false)) {
      lars.step(2);
    }
    return w.toDoubleArray();
  }

  @Test
  void theRatioIsOneWhereANormIsZero() {
    try (var _ = TensorScope.open()) {
      assertArrayEquals(
          new double[] {-2, 4}, stepOnce(new double[] {0, 0}, new double[] {1, -2}, 0.1));
      assertArrayEquals(
          new double[] {3, -4}, stepOnce(new double[] {3, -4}, new double[] {0, 0}, 0));
      // Decay cancels the gradient: nothing is left to scale.
      assertArrayEquals(
          new double[] {3, -4}, stepOnce(new double[] {3, -4}, new double[] {-1.5, 2}, 0.5));
    }
  }

  /** |w| = 5, |g| = 10: the step is lr 0.001 (5 / 10) g, however long g is. */
  @Test
  void theStepDependsOnTheDirectionOfTheGradientOnly() {
    try (var _ = TensorScope.open()) {
      double[] w = {3, 4};
      double[] expected = {3 - 2 * 0.001 * 0.5 * 6, 4 + 2 * 0.001 * 0.5 * 8};
      assertClose(expected, stepOnce(w, new double[] {6, -8}, 0), 0, 1e-15, "step");
      assertClose(expected, stepOnce(w, new double[] {6e9, -8e9}, 0), 0, 1e-15, "long gradient");
      assertClose(expected, stepOnce(w, new double[] {6e-9, -8e-9}, 0), 0, 1e-15, "short one");
    }
  }

  /** Decay enters the gradient before its norm is taken. */
  @Test
  void decayIsPartOfTheNorm() {
    try (var _ = TensorScope.open()) {
      double[] g = {1 + 0.5 * 3, 1 + 0.5 * 4};
      double ratio = 0.001 * 5 / Math.hypot(g[0], g[1]);
      assertClose(
          new double[] {3 - 2 * ratio * g[0], 4 - 2 * ratio * g[1]},
          stepOnce(new double[] {3, 4}, new double[] {1, 1}, 0.5),
          0,
          1e-15,
          "step");
    }
  }

  /**
   * Neither decayed nor adapted: scale and shift of norms, biases. The weight of the head that is
   * trained on labels is decayed: its gradient is that of loss + decay |W|^2 / 2, without a ratio.
   */
  @Test
  void parametersAreExemptByKind() {
    try (ProjectionHead head = ProjectionHead.builder(4).hidden(6).lastBatchNorm(false).build();
        Linear classifier =
            Linear.classifier(4, 3, new Initializer(0, Initializer.CLASSIFIER, Variant.GOOGLE));
        var _ = TensorScope.open()) {
      List<Parameter> parameters = new ArrayList<>(head.parameters());
      classifier
          .parameters()
          .forEach(p -> parameters.add(new Parameter("fc." + p.name(), p.kind(), p.tensor())));
      double decay = 0.3;
      List<ParameterGroup> groups = ParameterGroup.exemptingNormAndBias(parameters, decay);
      assertEquals(3, groups.size());
      assertEquals(decay, groups.get(0).weightDecay());
      assertTrue(groups.get(0).adapt());
      assertEquals(
          List.of("0.linear.weight", "1.linear.weight"),
          groups.get(0).parameters().stream().map(Parameter::name).toList());
      assertEquals(0, groups.get(1).weightDecay());
      assertEquals(false, groups.get(1).adapt());
      assertEquals(
          List.of("0.bn.weight", "0.bn.bias", "1.linear.bias", "fc.bias"),
          groups.get(1).parameters().stream().map(Parameter::name).toList());
      assertEquals(decay, groups.get(2).weightDecay());
      assertEquals(false, groups.get(2).adapt());
      assertEquals(
          List.of("fc.weight"), groups.get(2).parameters().stream().map(Parameter::name).toList());

      // So large that decay shows.
      try (var _ = GradMode.noGrad()) {
        classifier.parameters().forEach(p -> p.tensor().add_(2));
      }
      // What is not adapted moves as with plain momentum SGD, the others hardly at all.
      for (Parameter p : parameters) {
        p.tensor().setGrad(p.tensor().detach().onesLike());
      }
      double[] scale = head.namedParameters().get("0.bn.weight").toDoubleArray();
      double[] fc = classifier.namedParameters().get("weight").toDoubleArray();
      double[] bias = classifier.namedParameters().get("bias").toDoubleArray();
      Tensor weight = head.namedParameters().get("0.linear.weight");
      Formulas adapted = new Formulas(weight.toDoubleArray());
      try (Lars lars = new Lars(groups, 0.9, Lars.TRUST, false)) {
        lars.step(0.25);
      }
      for (int i = 0; i < scale.length; i++) {
        scale[i] -= 0.25;
      }
      for (int i = 0; i < fc.length; i++) {
        fc[i] -= 0.25 * (1 + decay * fc[i]);
      }
      for (int i = 0; i < bias.length; i++) {
        bias[i] -= 0.25;
      }
      assertClose(
          scale, head.namedParameters().get("0.bn.weight").toDoubleArray(), 1e-6, 0, "scale");
      assertClose(
          fc, classifier.namedParameters().get("weight").toDoubleArray(), 1e-6, 0, "classifier");
      assertClose(bias, classifier.namedParameters().get("bias").toDoubleArray(), 1e-6, 0, "bias");
      double[] ones = new double[adapted.w.length];
      Arrays.fill(ones, 1);
      adapted.step(ones, 0.25, 0.9, decay, 0.001, false, false);
      assertClose(adapted.w, weight.toDoubleArray(), 1e-7, 0, "dense weight");
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.5, Double.NaN})
  void refusesHyperParametersThatMakeNoSense(double value) {
    try (var _ = TensorScope.open()) {
      var groups = ParameterGroup.all(new GradientSteps(DType.FLOAT32).parameters(), 0);
      var e =
          assertThrows(IllegalArgumentException.class, () -> new Lars(groups, value, 0.001, false));
      assertEquals("momentum is " + value + "; allowed: 0 to 1", e.getMessage());
      for (double trust : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
        e = assertThrows(IllegalArgumentException.class, () -> new Lars(groups, 0.9, trust, false));
        assertEquals("trust is " + trust + "; allowed: finite, above 0", e.getMessage());
      }
    }
  }
}
