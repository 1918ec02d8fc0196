package dev.simclr.optim;

import static dev.simclr.testing.Close.assertClose;

import dev.simclr.model.Parameter;
import dev.simclr.model.ParameterKind;
import dev.simclr.testing.FixtureArrays;
import dev.simclr.testing.Formula;
import dev.simclr.torch.DType;
import dev.simclr.torch.Tensor;
import java.util.Arrays;
import java.util.List;

/** Two parameters and their gradients, as the fixtures of optimizers have them. */
final class GradientSteps {

  static final int STEPS = 5;
  private static final long[] W = {3, 4};
  private static final long[] B = {5};

  private final List<Parameter> parameters;

  /** Makes w [3, 4] and b [5] of this type, in the innermost scope. */
  GradientSteps(DType dtype) {
    parameters =
        List.of(
            new Parameter("w", ParameterKind.WEIGHT, leaf("w", dtype, W)),
            new Parameter("b", ParameterKind.BIAS, leaf("b", dtype, B)));
  }

  private static Tensor leaf(String name, DType dtype, long... shape) {
    return Tensor.of(Formula.signed(name, shape), shape).to(dtype).requiresGrad(true);
  }

  List<Parameter> parameters() {
    return parameters;
  }

  Tensor w() {
    return parameters.get(0).tensor();
  }

  Tensor b() {
    return parameters.get(1).tensor();
  }

  /** Gives both parameters their gradients of a step. */
  void setGradients(int step) {
    for (Parameter parameter : parameters) {
      long[] shape = parameter.tensor().shape();
      double[] gradient = gradient(parameter.name(), step, shape);
      parameter.tensor().setGrad(Tensor.of(gradient, shape).to(parameter.tensor().dtype()));
    }
  }

  /**
   * Takes all steps, and compares both parameters after each with a fixture of PyTorch's optimizer.
   *
   * @param name what the fixture calls the optimizer
   */
  void assertFollows(String name, Optimizer optimizer, double tolerance) {
    try (var fixture = FixtureArrays.open("optim/torch_optim.safetensors")) {
      for (int step = 0; step < STEPS; step++) {
        setGradients(step);
        optimizer.step(learningRate(step));
        for (Parameter parameter : parameters) {
          double[] all = fixture.values(name + "." + parameter.name());
          int size = all.length / STEPS;
          assertClose(
              Arrays.copyOfRange(all, size * step, size * (step + 1)),
              parameter.tensor().toDoubleArray(),
              tolerance,
              tolerance,
              name + " " + parameter.name() + " step " + step);
        }
      }
    }
  }

  static double[] gradient(String name, int step, long... shape) {
    return Formula.signed(name + ".grad." + step, shape);
  }

  static double learningRate(int step) {
    return 0.1 / (step + 1);
  }
}
