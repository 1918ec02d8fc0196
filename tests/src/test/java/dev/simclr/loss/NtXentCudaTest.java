package dev.simclr.loss;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.simclr.testing.Formula;
import dev.simclr.torch.Cuda;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.Init;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The losses without a matrix on a GPU, against loops in double precision and the CPU. */
@Tag("gpu")
@ExtendWith(LeakCheck.class)
final class NtXentCudaTest {
  private static final Device GPU = Device.cuda(0);
  private static final int ROWS = 8192;

  @BeforeEach
  void needsGpu() {
    assumeTrue(Cuda.isAvailable(), "needs a GPU");
    Cuda.setAllowTf32(false);
  }

  private record Outcome(double loss, double accuracy, double entropy, double[] gradient) {}

  private static Outcome compute(Tensor values, double temperature) {
    Tensor z = values.detach().requiresGrad(true);
    NtXent.Result result = new NtXent(temperature).forward(z);
    result.loss().backward();
    return new Outcome(
        result.loss().item(),
        result.accuracy().item(),
        result.entropy().item(),
        z.grad().orElseThrow().toDoubleArray());
  }

  @ParameterizedTest
  @CsvSource({"2, 1, 0.5", "5, 7, 0.05", "31, 128, 0.5", "70, 130, 0.01", "600, 3, 100"})
  void valueAndGradientAreThoseOfTheLoops(int n, int dim, double temperature) {
    double[] values = Formula.signed("rows", 2 * n, dim);
    double[][] rows = new double[2 * n][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(values, i * dim, (i + 1) * dim);
    }
    try (var _ = TensorScope.open()) {
      for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32}) {
        boolean exact = dtype == DType.FLOAT64;
        Outcome gpu = compute(Tensor.of(values, 2 * n, dim).to(dtype).to(GPU), temperature);
        NtXentLoops loops = new NtXentLoops(rows, temperature);
        double atol = (exact ? 1e-13 : 2e-6) / Math.min(1, temperature);
        assertClose(loops.loss, gpu.loss, atol, 1e-6, dtype + " loss");
        assertClose(loops.entropy, gpu.entropy, atol, 1e-6, dtype + " entropy");
        // In float32 rounding may decide between two that are almost equally similar.
        assertClose(
            loops.accuracy, gpu.accuracy, exact ? 1e-9 : 1.0 / n + 1e-6, 0, dtype + " accuracy");
        double[] expected = Arrays.stream(loops.gradient).flatMapToDouble(Arrays::stream).toArray();
        double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        double noise = largest * (exact ? 1e-10 : 2e-5) / Math.min(1, temperature);
        assertClose(expected, gpu.gradient, noise, exact ? 1e-9 : 1e-4, dtype + " gradient");
      }
    }
  }

  @Test
  void largeBatchesAreThoseOfTheProcessorAndTheSameEveryTime() {
    try (var _ = TensorScope.open()) {
      Tensor values = Init.normal_(Tensor.empty(DType.FLOAT32, ROWS, 128), 0, 1, 1);
      Outcome cpu = compute(values, 0.1);
      Outcome gpu = compute(values.to(GPU), 0.1);
      assertEquals(cpu.loss, gpu.loss, 4e-6 * cpu.loss);
      assertEquals(cpu.accuracy, gpu.accuracy, 1e-3);
      double difference = 0;
      double norm = 0;
      for (int i = 0; i < cpu.gradient.length; i++) {
        difference += Math.pow(cpu.gradient[i] - gpu.gradient[i], 2);
        norm += Math.pow(cpu.gradient[i], 2);
      }
      assertTrue(Math.sqrt(difference / norm) < 4e-5, "off by " + Math.sqrt(difference / norm));
      Outcome again = compute(values.to(GPU), 0.1);
      assertEquals(gpu.loss, again.loss);
      assertArrayEquals(gpu.gradient, again.gradient);
    }
  }

  @Test
  void noMatrixIsHeld() {
    try (var _ = TensorScope.open()) {
      Tensor values = Init.normal_(Tensor.empty(DType.FLOAT32, ROWS, 128), 0, 1, 1).to(GPU);
      compute(values, 0.5);
      Cuda.resetPeakMemory(GPU);
      long before = Cuda.memoryStatistics(GPU).allocated();
      compute(values, 0.5);
      long extra = Cuda.memoryStatistics(GPU).allocatedPeak() - before;
      // The matrix alone would be 256 MiB.
      assertTrue(extra < 96L << 20, extra + " bytes");
    }
  }
}
