package dev.simclr.torch;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The kernels of NT-Xent and DCL on a GPU, against those of the CPU: of rows of 64, 128 and 256
 * numbers, those on tensor cores where the rows are bfloat16 or TF32 is allowed.
 */
@Tag("gpu")
@ExtendWith(LeakCheck.class)
final class LossesCudaTest {
  private static final Device GPU = Device.cuda(0);

  @BeforeEach
  void needsGpu() {
    assumeTrue(Cuda.isAvailable(), "needs a GPU");
    assertTrue(Cuda.isLoaded(), "otherwise operations of libtorch would be tested");
    Cuda.setAllowTf32(false);
  }

  @AfterEach
  void withoutTf32() {
    Cuda.setAllowTf32(false);
  }

  /**
   * What rows are given as and multiplied in.
   *
   * @param numbers what the numbers of the rows are rounded to
   * @param dtype what they are then given as
   * @param cosine error of a cosine beside that of float32
   * @param factor error of what the gradient of a row may be, where that is 1
   */
  private record Precision(DType numbers, DType dtype, boolean tf32, double cosine, double factor) {
    static final Precision FLOAT32 = new Precision(DType.FLOAT32, DType.FLOAT32, false, 0, 0);

    /** Products are exact on tensor cores, and factors in the gradient have 16 bits. */
    static final Precision BFLOAT16 =
        new Precision(DType.BFLOAT16, DType.BFLOAT16, false, 0, 0x1p-15);

    /** Rows and factors have 11 bits. */
    static final Precision TF32 =
        new Precision(DType.FLOAT32, DType.FLOAT32, true, 0x1p-10, 0x1p-10);

    /** Rows that have no more bits to begin with. */
    static final Precision EXACT_TF32 =
        new Precision(DType.BFLOAT16, DType.FLOAT32, true, 0, 0x1p-10);
  }

  private record Outcome(double loss, double accuracy, double entropy, double[] gradient) {}

  private static Outcome compute(Tensor values, Function<Tensor, NtXentResult> loss) {
    Tensor z = values.detach().requiresGrad(true);
    NtXentResult result = loss.apply(z);
    result.loss().backward();
    return new Outcome(
        result.loss().item(),
        result.accuracy().item(),
        result.entropy().item(),
        z.grad().orElseThrow().toDoubleArray());
  }

  /** Two noisy views of each image. */
  private static Tensor views(int n, int dim) {
    Tensor images = Init.normal_(Tensor.empty(DType.FLOAT32, 1, n, dim), 0, 1, 1);
    Tensor noise = Init.normal_(Tensor.empty(DType.FLOAT32, 2, n, dim), 0, 0.5, 2);
    return images.add(noise).reshape(2 * n, dim);
  }

  /** What a gradient comes to when its rows are divided by the largest that they could be. */
  private static double[] relative(double[] gradient, double[] rows, int dim, double temperature) {
    double[] relative = new double[gradient.length];
    for (int first = 0; first < rows.length; first += dim) {
      double square = 0;
      for (int i = first; i < first + dim; i++) {
        square += rows[i] * rows[i];
      }
      double largest = 2 / (rows.length / dim * temperature * Math.sqrt(square));
      for (int i = first; i < first + dim; i++) {
        relative[i] = gradient[i] / largest;
      }
    }
    return relative;
  }

  /** With 3000 images there are several chunks. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 70, 1000, 3000})
  void valueAndGradientAreThoseOfTheProcessor(int n) {
    for (int dim : new int[] {1, 64, 128, 130}) {
      for (double temperature : new double[] {0.01, 0.1, 0.5}) {
        assertAsOnTheProcessor(Precision.FLOAT32, n, dim, temperature);
        assertAsOnTheProcessor(Precision.BFLOAT16, n, dim, temperature);
      }
    }
  }

  /** Tiles of all sizes are whole with 32 and begun again with 33. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 32, 33, 70, 1000, 3001})
  void valueAndGradientOnTensorCoresAreThoseOfTheProcessor(int n) {
    for (int dim : new int[] {64, 128, 256}) {
      for (double temperature : new double[] {0.01, 0.1}) {
        assertAsOnTheProcessor(Precision.BFLOAT16, n, dim, temperature);
        assertAsOnTheProcessor(Precision.TF32, n, dim, temperature);
        assertAsOnTheProcessor(Precision.EXACT_TF32, n, dim, temperature);
      }
    }
  }

  private static void assertAsOnTheProcessor(
      Precision precision, int n, int dim, double temperature) {
    assertAsOnTheProcessor(precision, n, dim, temperature, z -> Losses.ntXent(z, temperature));
    assertAsOnTheProcessor(precision, n, dim, temperature, z -> Losses.ntXentSum(z, temperature));
    if (n > 1) {
      assertAsOnTheProcessor(precision, n, dim, temperature, z -> Losses.dcl(z, temperature));
    }
  }

  private static void assertAsOnTheProcessor(
      Precision precision,
      int n,
      int dim,
      double temperature,
      Function<Tensor, NtXentResult> loss) {
    Cuda.setAllowTf32(precision.tf32);
    try (var _ = TensorScope.open()) {
      Tensor values = views(n, dim).to(precision.numbers).to(precision.dtype);
      Outcome cpu = compute(values, loss);
      Outcome gpu = compute(values.to(GPU), loss);
      String what = precision + ", D = " + dim + ", temperature " + temperature + ": ";
      // Cosines are sums of D / 8 products that tensor cores truncate to float32, and the
      // temperature
      // magnifies that.
      double noise = 1e-6 + (5e-7 + dim / 8 * 0x1p-24 + precision.cosine) / temperature;
      assertClose(cpu.loss, gpu.loss, noise, 1e-6, what + "loss");
      assertClose(cpu.entropy, gpu.entropy, 2 * noise, 1e-6, what + "entropy");
      // Rounding may decide between two that are almost equally similar.
      double accuracy = n < 70 && precision.cosine == 0 ? 1e-6 : 1.0 / n + 1e-6;
      assertClose(cpu.accuracy, gpu.accuracy, accuracy, 0, what + "accuracy");
      double[] rows = values.toDoubleArray();
      assertClose(
          relative(cpu.gradient, rows, dim, temperature),
          relative(gpu.gradient, rows, dim, temperature),
          2e-6 + 2 * noise + precision.factor,
          precision.dtype == DType.BFLOAT16 ? 1.0 / 128 : 1e-5,
          what + "gradient");

      Outcome again = compute(values.to(GPU), loss);
      assertEquals(gpu.loss, again.loss, what + "the same every time");
      assertEquals(gpu.entropy, again.entropy, what + "the same every time");
      assertArrayEquals(gpu.gradient, again.gradient, what + "the same every time");
    }
  }
}
