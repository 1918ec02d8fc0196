package dev.simclr.model;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.simclr.testing.Formula;
import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
final class BatchNormTest {

  private static final double EPSILON = 1e-5;

  /** Two batches in training, then evaluation, with the formulas written out. */
  @Test
  void followsTheFormulas() {
    int n = 4;
    int c = 3;
    int pixels = 10;
    double[] mean = new double[c];
    double[] var = {1, 1, 1};
    try (BatchNorm norm = new BatchNorm(c, 1.5, true);
        var _ = TensorScope.open()) {
      norm.to(DType.FLOAT64);
      norm.namedParameters().get("bias").detach().fill_(0.25);
      for (int batch = 0; batch < 2; batch++) {
        double[] x = Formula.signed("x" + batch, n, c, 2, 5);
        double[] expected = new double[x.length];
        for (int k = 0; k < c; k++) {
          double m = 0;
          double v = 0;
          int count = n * pixels;
          for (int i = 0; i < count; i++) {
            m += x[(i / pixels * c + k) * pixels + i % pixels] / count;
          }
          for (int i = 0; i < count; i++) {
            v += Math.pow(x[(i / pixels * c + k) * pixels + i % pixels] - m, 2) / count;
          }
          for (int i = 0; i < count; i++) {
            int at = (i / pixels * c + k) * pixels + i % pixels;
            expected[at] = 1.5 * (x[at] - m) / Math.sqrt(v + EPSILON) + 0.25;
          }
          mean[k] = 0.9 * mean[k] + 0.1 * m;
          // The tracked variance is the unbiased one.
          var[k] = 0.9 * var[k] + 0.1 * v * count / (count - 1);
        }
        double[] y = norm.forward(Tensor.of(x, n, c, 2, 5)).toDoubleArray();
        assertClose(expected, y, 1e-13, 1e-12, "training, batch " + batch);
      }
      var buffers = norm.namedBuffers();
      assertClose(mean, buffers.get("running_mean").toDoubleArray(), 1e-14, 0, "mean");
      assertClose(var, buffers.get("running_var").toDoubleArray(), 1e-14, 0, "variance");
      assertEquals(2, buffers.get("num_batches_tracked").itemLong());
      assertEquals(DType.INT64, buffers.get("num_batches_tracked").dtype());

      norm.eval();
      double[] x = Formula.signed("x", n, c);
      double[] expected = new double[x.length];
      for (int i = 0; i < x.length; i++) {
        int k = i % c;
        expected[i] = 1.5 * (x[i] - mean[k]) / Math.sqrt(var[k] + EPSILON) + 0.25;
      }
      double[] y = norm.forward(Tensor.of(x, n, c)).toDoubleArray();
      assertClose(expected, y, 1e-13, 1e-12, "evaluation, [N, C]");
      assertEquals(2, buffers.get("num_batches_tracked").itemLong());
    }
  }

  @Test
  void theShiftCanBeLeftOut() {
    try (BatchNorm norm = new BatchNorm(2, 0, false);
        BatchNorm usual = new BatchNorm(2);
        var _ = TensorScope.open()) {
      assertEquals(List.of("weight"), List.copyOf(norm.namedParameters().keySet()));
      assertEquals(
          List.of(ParameterKind.NORM_SCALE, ParameterKind.NORM_SHIFT),
          usual.parameters().stream().map(Parameter::kind).toList());
      Tensor x = Tensor.of(new float[] {1, 2, 3, 5}, 2, 2);
      assertEquals(0, norm.forward(x).abs().max().item(), "a scale of 0 lets nothing through");
      assertEquals(1, usual.forward(x).abs().max().item(), 1e-4);
    }
  }
}
