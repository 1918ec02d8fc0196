package dev.simclr.optim;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.simclr.model.Parameter;
import dev.simclr.model.ParameterKind;
import dev.simclr.torch.Cuda;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.TorchException;
import dev.simclr.torch.TorchException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps of parameters on a GPU, wherever the learning rate lies, against those on the CPU. */
@Tag("gpu")
@ExtendWith(LeakCheck.class)
final class OptimizerCudaTest {
  private static final Device GPU = Device.cuda(0);

  private interface Maker extends Function<List<ParameterGroup>, Optimizer> {}

  @BeforeEach
  void needsGpu() {
    assumeTrue(Cuda.isAvailable(), "needs a GPU");
  }

  static Stream<Named<Maker>> optimizers() {
    return Stream.of(
        Named.of("SGD", groups -> new Sgd(groups, 0.9, true)),
        Named.of("plain SGD", groups -> new Sgd(groups, 0, false)),
        Named.of("LARS", groups -> new Lars(groups, 0.9, 0.01, true)),
        Named.of("AdamW", groups -> new AdamW(groups, 0.9, 0.999, 1e-8)));
  }

  /** Copies of the parameters, in the innermost scope. */
  private static List<Parameter> copies(GradientSteps problem, Device device) {
    List<Parameter> copies = new ArrayList<>();
    for (Parameter parameter : problem.parameters()) {
      Tensor copy = parameter.tensor().detach().to(device).requiresGrad(true);
      copies.add(new Parameter(parameter.name(), parameter.kind(), copy));
    }
    return copies;
  }

  private static List<ParameterGroup> groups(List<Parameter> parameters) {
    return ParameterGroup.exemptingNormAndBias(parameters, 0.01);
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void moveAsOnTheCpu(Maker make) {
    for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32)) {
      for (Device device : List.of(GPU, Device.CPU)) {
        try (var _ = TensorScope.open()) {
          GradientSteps problem = new GradientSteps(DType.FLOAT64);
          List<Parameter> copies = copies(problem, GPU);
          Tensor learningRate = Tensor.zeros(dtype, device);
          try (Optimizer expected = make.apply(groups(problem.parameters()));
              Optimizer optimizer = make.apply(groups(copies))) {
            for (int step = 0; step < GradientSteps.STEPS; step++) {
              problem.setGradients(step);
              for (int i = 0; i < copies.size(); i++) {
                Tensor gradient = problem.parameters().get(i).tensor().grad().orElseThrow();
                copies.get(i).tensor().setGrad(gradient.to(GPU));
              }
              learningRate.fill_(GradientSteps.learningRate(step));
              expected.step(learningRate.item());
              optimizer.step(learningRate);
            }
          }
          for (int i = 0; i < copies.size(); i++) {
            assertClose(
                problem.parameters().get(i).tensor().toDoubleArray(),
                copies.get(i).tensor().toDoubleArray(),
                1e-13,
                1e-13,
                copies.get(i).name() + ", learning rate " + dtype + " on " + device);
          }
        }
      }
    }
  }

  @Test
  void aLearningRateOfTheGpuMovesNothingOnTheCpu() {
    try (var _ = TensorScope.open()) {
      Tensor w = Tensor.ones(DType.FLOAT32, 2).requiresGrad(true);
      w.setGrad(Tensor.ones(DType.FLOAT32, 2));
      Parameter parameter = new Parameter("w", ParameterKind.WEIGHT, w);
      Tensor learningRate = Tensor.ones(DType.FLOAT32, GPU);
      try (Optimizer sgd = new Sgd(ParameterGroup.all(List.of(parameter), 0), 0.9, false)) {
        var e = assertThrows(TorchException.class, () -> sgd.step(learningRate));
        assertEquals(Kind.DEVICE, e.kind(), e.getMessage());
      }
      assertEquals(1, w.detach().mean().item());
    }
  }
}
