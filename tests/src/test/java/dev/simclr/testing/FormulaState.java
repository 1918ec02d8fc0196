package dev.simclr.testing;

import dev.simclr.model.Module;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;

/** Gives networks the weights that the fixtures were made with. */
public final class FormulaState {

  private FormulaState() {}

  /** Sets every parameter and buffer by {@link Formula#state}, as {@code formula.fill} does. */
  public static void fill(Module module) {
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      module
          .state()
          .forEach((name, tensor) -> {
            if (name.endsWith("num_batches_tracked")) {
              tensor.zero_();
            } else {
              long[] shape = tensor.shape();
              tensor.copyFrom(Tensor.of(Formula.state(name, shape), shape));
            }
          });
    }
  }

  /** Returns 8 elements, evenly spread from the first to the last, as {@code formula.samples}. */
  public static double[] samples(Tensor tensor) {
    int count = 8;
    double[] all = tensor.detach().toDoubleArray();
    double[] result = new double[count];
    for (int k = 0; k < count; k++) {
      result[k] = all[(int) ((long) k * (all.length - 1) / (count - 1))];
    }
    return result;
  }
}
