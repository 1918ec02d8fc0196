package dev.simclr.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.checkpoint.SafetensorsWriter;
import dev.simclr.model.Parameter;
import dev.simclr.model.ParameterKind;
import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.TorchException;
import dev.simclr.torch.TorchException.Kind;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What all optimizers do alike. */
@ExtendWith(LeakCheck.class)
final class OptimizerTest {

  private interface Maker extends Function<List<ParameterGroup>, Optimizer> {}

  static Stream<Named<Maker>> optimizers() {
    return Stream.of(
        Named.of("SGD", groups -> new Sgd(groups, 0.9, true)),
        Named.of("LARS", groups -> new Lars(groups, 0.9, 0.001, false)),
        Named.of("AdamW", groups -> new AdamW(groups, 0.9, 0.999, 1e-8)));
  }

  private static void steps(GradientSteps problem, Optimizer optimizer, int from, int to) {
    for (int step = from; step < to; step++) {
      problem.setGradients(step);
      optimizer.step(GradientSteps.learningRate(step));
    }
  }

  private static List<ParameterGroup> groups(GradientSteps problem) {
    return ParameterGroup.exemptingNormAndBias(problem.parameters(), 0.01);
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void aRestoredStateContinuesBitForBit(Maker make, @TempDir Path directory) {
    Path file = directory.resolve("state.safetensors");
    try (var _ = TensorScope.open()) {
      GradientSteps whole = new GradientSteps(DType.FLOAT32);
      try (Optimizer optimizer = make.apply(groups(whole))) {
        steps(whole, optimizer, 0, GradientSteps.STEPS);
      }
      GradientSteps first = new GradientSteps(DType.FLOAT32);
      try (Optimizer optimizer = make.apply(groups(first))) {
        steps(first, optimizer, 0, 2);
        SafetensorsWriter.write(file, optimizer.state(), Map.of());
      }
      GradientSteps restored = new GradientSteps(DType.FLOAT32);
      GradientSteps forgetful = new GradientSteps(DType.FLOAT32);
      try (Optimizer optimizer = make.apply(groups(restored));
          Optimizer fresh = make.apply(groups(forgetful));
          SafetensorsReader reader = SafetensorsReader.open(file)) {
        for (GradientSteps problem : List.of(restored, forgetful)) {
          problem.w().detach().copyFrom(first.w().detach());
          problem.b().detach().copyFrom(first.b().detach());
        }
        reader.readAll(optimizer.state());
        steps(restored, optimizer, 2, GradientSteps.STEPS);
        steps(forgetful, fresh, 2, GradientSteps.STEPS);
      }
      assertArrayEquals(whole.w().toFloatArray(), restored.w().toFloatArray());
      assertArrayEquals(whole.b().toFloatArray(), restored.b().toFloatArray());
      assertNotEquals(
          whole.w().toFloatArray()[0], forgetful.w().toFloatArray()[0], "the state matters");
    }
  }

  @Test
  void theStateOfAnotherOptimizerIsRefused(@TempDir Path directory) {
    Path file = directory.resolve("state.safetensors");
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT32);
      try (Optimizer sgd = new Sgd(groups(problem), 0.9, false);
          Optimizer lars = new Lars(groups(problem), 0.9, 0.001, false)) {
        SafetensorsWriter.write(file, sgd.state(), Map.of());
        try (SafetensorsReader reader = SafetensorsReader.open(file)) {
          var e = assertThrows(CheckpointException.class, () -> reader.readAll(lars.state()));
          assertTrue(e.getMessage().contains("velocity.w"), e.getMessage());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void parametersWithoutGradientStay(Maker make) {
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT32);
      try (Optimizer optimizer = make.apply(groups(problem))) {
        problem.setGradients(0);
        problem.b().zeroGrad();
        float[] w = problem.w().toFloatArray();
        float[] b = problem.b().toFloatArray();
        optimizer.step(0.1);
        assertArrayEquals(b, problem.b().toFloatArray());
        assertNotEquals(w[0], problem.w().toFloatArray()[0]);
        optimizer.zeroGrad();
        assertTrue(problem.w().grad().isEmpty());
        w = problem.w().toFloatArray();
        optimizer.step(0.1);
        assertArrayEquals(w, problem.w().toFloatArray());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void aLearningRateOfZeroChangesNoParameter(Maker make) {
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT32);
      float[] w = problem.w().toFloatArray();
      try (Optimizer optimizer = make.apply(groups(problem))) {
        problem.setGradients(0);
        optimizer.step(0);
        assertArrayEquals(w, problem.w().toFloatArray());
        for (double lr : new double[] {-0.1, Double.NaN, Double.POSITIVE_INFINITY}) {
          var e = assertThrows(IllegalArgumentException.class, () -> optimizer.step(lr));
          assertEquals("learningRate is " + lr + "; allowed: finite, 0 or more", e.getMessage());
        }
        assertArrayEquals(w, problem.w().toFloatArray());
      }
    }
  }

  /**
   * One tensor, changed between steps, as good as numbers; what it holds when a step comes counts.
   */
  @ParameterizedTest
  @MethodSource("optimizers")
  void takesTheLearningRateOutOfATensor(Maker make) {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      try (var _ = TensorScope.open()) {
        GradientSteps byNumber = new GradientSteps(DType.FLOAT32);
        GradientSteps byTensor = new GradientSteps(DType.FLOAT32);
        Tensor learningRate = Tensor.zeros(dtype);
        try (Optimizer numbers = make.apply(groups(byNumber));
            Optimizer tensors = make.apply(groups(byTensor))) {
          for (int step = 0; step < GradientSteps.STEPS; step++) {
            byNumber.setGradients(step);
            byTensor.setGradients(step);
            learningRate.fill_(GradientSteps.learningRate(step));
            numbers.step(learningRate.item());
            tensors.step(learningRate);
            assertArrayEquals(byNumber.w().toFloatArray(), byTensor.w().toFloatArray());
            assertArrayEquals(byNumber.b().toFloatArray(), byTensor.b().toFloatArray());
          }
          assertEquals(numbers.state().keySet(), tensors.state().keySet());
        }
        assertEquals(
            GradientSteps.learningRate(GradientSteps.STEPS - 1), learningRate.item(), 1e-8);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void refusesTensorsThatAreNoLearningRate(Maker make) {
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT32);
      GradientSteps other = new GradientSteps(DType.FLOAT32);
      try (Optimizer optimizer = make.apply(groups(problem));
          Optimizer untroubled = make.apply(groups(other))) {
        problem.setGradients(0);
        refused(Kind.SHAPE, optimizer, Tensor.ones(DType.FLOAT32, 1));
        refused(Kind.INVALID_ARGUMENT, optimizer, Tensor.ones(DType.INT64));
        refused(Kind.INVALID_ARGUMENT, optimizer, Tensor.ones(DType.BFLOAT16));
        refused(Kind.INVALID_ARGUMENT, optimizer, Tensor.full(Double.NaN, DType.FLOAT64));
        assertArrayEquals(other.w().toFloatArray(), problem.w().toFloatArray());
        // The number of the step, too, is as if nothing had been.
        steps(problem, optimizer, 0, 2);
        steps(other, untroubled, 0, 2);
        assertArrayEquals(other.w().toFloatArray(), problem.w().toFloatArray());
      }
    }
  }

  private static void refused(Kind kind, Optimizer optimizer, Tensor learningRate) {
    var e = assertThrows(TorchException.class, () -> optimizer.step(learningRate));
    assertEquals(kind, e.kind(), e.getMessage());
  }

  /** The formula in float64, at a learning rate that changes. */
  @Test
  void twoGroupsFollowTheirFormulasTogether() {
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT64);
      double[] w = problem.w().toDoubleArray();
      double[] b = problem.b().toDoubleArray();
      double[] wBuffer = new double[w.length];
      double[] bBuffer = new double[b.length];
      Tensor learningRate = Tensor.zeros(DType.FLOAT64);
      var decayed = new ParameterGroup(problem.parameters().subList(0, 1), 0.5, true);
      var none = new ParameterGroup(List.of(), 7, true);
      var other = new ParameterGroup(problem.parameters().subList(1, 2), 0, false);
      try (Optimizer sgd = new Sgd(List.of(decayed, none, other), 0.75, false)) {
        for (int step = 0; step < GradientSteps.STEPS; step++) {
          double lr = GradientSteps.learningRate(step);
          problem.setGradients(step);
          sgd.step(learningRate.fill_(lr));
          momentumStep(w, wBuffer, GradientSteps.gradient("w", step, 3, 4), lr, 0.5);
          momentumStep(b, bBuffer, GradientSteps.gradient("b", step, 5), lr, 0);
          assertArrayEquals(w, problem.w().toDoubleArray(), 1e-14);
          assertArrayEquals(b, problem.b().toDoubleArray(), 1e-14);
        }
      }
    }
  }

  private static void momentumStep(
      double[] w, double[] buffer, double[] gradient, double lr, double decay) {
    for (int i = 0; i < w.length; i++) {
      buffer[i] = 0.75 * buffer[i] + gradient[i] + decay * w[i];
      w[i] -= lr * buffer[i];
    }
  }

  @Test
  void eachGroupHasItsOwnDecay() {
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT64);
      double w = problem.w().toDoubleArray()[0];
      double b = problem.b().toDoubleArray()[0];
      var decayed = new ParameterGroup(problem.parameters().subList(0, 1), 0.5, true);
      var other = new ParameterGroup(problem.parameters().subList(1, 2), 0.125, true);
      try (Optimizer optimizer = new Sgd(List.of(decayed, other), 0, false)) {
        problem.w().setGrad(problem.w().detach().zerosLike());
        problem.b().setGrad(problem.b().detach().zerosLike());
        optimizer.step(0.1);
      }
      assertEquals(w * (1 - 0.05), problem.w().toDoubleArray()[0], 1e-15);
      assertEquals(b * (1 - 0.0125), problem.b().toDoubleArray()[0], 1e-15);
    }
  }

  @Test
  void theNormIsThatOfAllGradientsTogether() {
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT64);
      try (Optimizer optimizer = new Sgd(groups(problem), 0.9, false)) {
        assertEquals(0, optimizer.gradNorm());
        problem.setGradients(3);
        double sum = 0;
        for (double g : GradientSteps.gradient("w", 3, 3, 4)) {
          sum += g * g;
        }
        for (double g : GradientSteps.gradient("b", 3, 5)) {
          sum += g * g;
        }
        assertEquals(Math.sqrt(sum), optimizer.gradNorm(), 1e-14);
      }
    }
  }

  @Test
  void theStateLiesInMemoryAsItsParameter() {
    try (var _ = TensorScope.open()) {
      Tensor w =
          Tensor.ones(DType.FLOAT32, 2, 3, 3, 3).to(MemoryFormat.CHANNELS_LAST).requiresGrad(true);
      Parameter parameter = new Parameter("conv", ParameterKind.WEIGHT, w);
      try (Optimizer optimizer = new Sgd(ParameterGroup.all(List.of(parameter), 0), 0.9, false)) {
        Tensor momentum = optimizer.state().get("momentum.conv");
        assertArrayEquals(w.strides(), momentum.strides());
        assertEquals(0, momentum.abs().max().item());
        assertThrows(
            UnsupportedOperationException.class, () -> optimizer.state().remove("momentum.conv"));
      }
    }
  }

  @Test
  void closingTwiceIsHarmlessAndUseAfterItIsAnException() {
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT32);
      Optimizer optimizer = new Sgd(groups(problem), 0.9, false);
      optimizer.close();
      optimizer.close();
      problem.setGradients(0);
      assertThrows(IllegalStateException.class, () -> optimizer.step(0.1));
      assertTrue(!problem.w().isClosed(), "parameters belong to their module");
    }
  }

  @Test
  void refusesNothingToUpdateAndNamesThatOccurTwice() {
    try (var _ = TensorScope.open()) {
      GradientSteps problem = new GradientSteps(DType.FLOAT32);
      var e =
          assertThrows(
              IllegalArgumentException.class, () -> new Sgd(List.<ParameterGroup>of(), 0.9, false));
      assertEquals("no parameters to update", e.getMessage());
      var twice =
          List.of(
              new ParameterGroup(problem.parameters(), 0, true),
              new ParameterGroup(problem.parameters(), 0, true));
      e = assertThrows(IllegalArgumentException.class, () -> new Sgd(twice, 0.9, false));
      assertEquals("two parameters are named 'w'", e.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1e-9, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesAWeightDecayThatMakesNoSense(double decay) {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> new ParameterGroup(List.of(), decay, true));
    assertEquals("weightDecay is " + decay + "; allowed: finite, 0 or more", e.getMessage());
  }
}
