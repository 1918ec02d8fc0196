package dev.simclr.model;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.Formula;
import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Init;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Op;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.TorchException;
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

  /** The kernel, in float32 and bfloat16, against single operations in float64. */
  @Test
  void reluAndShortcutBelongToIt() {
    for (boolean bf16 : new boolean[] {false, true}) {
      DType type = bf16 ? DType.BFLOAT16 : DType.FLOAT32;
      double rtol = bf16 ? 1.0 / 256 : 1e-5;
      for (boolean adds : new boolean[] {false, true}) {
        try (BatchNorm norm = new BatchNorm(20, 1.5, true);
            BatchNorm wide = new BatchNorm(20, 1.5, true);
            var _ = TensorScope.open()) {
          wide.to(DType.FLOAT64);
          Tensor x = images("x").to(type).requiresGrad(true);
          Tensor shortcut = images("shortcut").to(type).requiresGrad(true);
          Tensor gradient = images("gradient").to(type);
          Tensor y = adds ? norm.forwardAddRelu(x, shortcut) : norm.forwardRelu(x);
          y.backward(gradient);

          Tensor x64 = x.detach().to(DType.FLOAT64).requiresGrad(true);
          Tensor shortcut64 = shortcut.detach().to(DType.FLOAT64).requiresGrad(true);
          Tensor z = wide.forward(x64);
          Tensor expected = (adds ? z.add(shortcut64) : z).relu();
          expected.backward(gradient.to(DType.FLOAT64));

          String what = type + (adds ? ", shortcut" : "");
          assertEquals(type, y.dtype());
          assertClose(expected.toDoubleArray(), y.toDoubleArray(), 1e-5, rtol, what);
          assertClose(grad(x64), grad(x), 1e-5, rtol, what + ", gradient");
          if (adds) {
            assertClose(grad(shortcut64), grad(shortcut), 0, 0, what + ", shortcut's gradient");
          }
          for (String name : List.of("weight", "bias")) {
            double[] exact = grad(wide.namedParameters().get(name));
            double[] got = grad(norm.namedParameters().get(name));
            assertClose(exact, got, 1e-4, 1e-5, what + ", gradient of " + name);
          }
          for (String name : List.of("running_mean", "running_var", "num_batches_tracked")) {
            double[] exact = wide.namedBuffers().get(name).toDoubleArray();
            double[] got = norm.namedBuffers().get(name).toDoubleArray();
            assertClose(exact, got, 1e-6, 1e-6, what + ", " + name);
          }

          norm.eval();
          wide.eval();
          try (var _ = GradMode.noGrad()) {
            y = adds ? norm.forwardAddRelu(x, shortcut) : norm.forwardRelu(x);
            z = wide.forward(x64);
            expected = (adds ? z.add(shortcut64) : z).relu();
            assertClose(expected.toDoubleArray(), y.toDoubleArray(), 1e-5, rtol, what + ", eval");
          }
        }
      }
    }
  }

  private static Tensor images(String name) {
    double[] values = Formula.signed(name, 6, 20, 5, 4);
    return Tensor.of(values, 6, 20, 5, 4).contiguous(MemoryFormat.CHANNELS_LAST);
  }

  private static double[] grad(Tensor t) {
    return t.grad().orElseThrow().toDoubleArray();
  }

  /** The statistics of 524,288 values a channel are at least as exact as libtorch's. */
  @Test
  void manyValuesLoseNothing() {
    int channels = 4;
    try (BatchNorm norm = new BatchNorm(channels);
        var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      Tensor x =
          Init.normal_(Tensor.empty(DType.FLOAT32, 512, channels, 32, 32), 3, 2, 7)
              .contiguous(MemoryFormat.CHANNELS_LAST);
      Tensor wide = x.to(DType.FLOAT64);
      Tensor mean = wide.mean(true, 0, 2, 3);
      Tensor var = wide.sub(mean).square().mean(true, 0, 2, 3);
      Tensor exact = wide.sub(mean).div(var.add(EPSILON).sqrt());
      Tensor zeros = Tensor.zeros(DType.FLOAT32, channels);
      Tensor ones = Tensor.ones(DType.FLOAT32, channels);
      List<Object> libtorch =
          Op.find("aten::native_batch_norm", "")
              .call(x, ones, zeros, zeros, ones, true, 0.1, EPSILON);
      double theirs = worst((Tensor) libtorch.getFirst(), exact);
      double ours = worst(norm.forward(x), exact);
      assertTrue(ours <= theirs + 1e-7, "off by " + ours + ", libtorch by " + theirs);
      assertTrue(ours < 2e-6, "off by " + ours);
      double[] unbiased =
          var.mul(524288.0 / 524287).mul(0.1).add(0.9).view(channels).toDoubleArray();
      double[] tracked = norm.namedBuffers().get("running_var").toDoubleArray();
      assertClose(unbiased, tracked, 0, 2e-7, "running variance");
    }
  }

  private static double worst(Tensor got, Tensor exact) {
    return got.to(DType.FLOAT64).sub(exact).abs().max().item();
  }

  @Test
  void oneValueOfAChannelHasNoVariance() {
    try (BatchNorm norm = new BatchNorm(3);
        var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3}, 1, 3);
      for (DType type : List.of(DType.FLOAT32, DType.FLOAT64)) {
        norm.to(type);
        Tensor typed = x.to(type);
        TorchException e = assertThrows(TorchException.class, () -> norm.forwardRelu(typed));
        assertEquals(TorchException.Kind.SHAPE, e.kind());
        assertTrue(e.getMessage().contains("more than one value per channel"), e.getMessage());
      }
      norm.eval();
      assertEquals(3, norm.forward(x.to(DType.FLOAT64)).max().item(), 1e-4);
    }
  }
}
