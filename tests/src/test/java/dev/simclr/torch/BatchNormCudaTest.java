package dev.simclr.torch;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The kernels of batch normalisation on a GPU, with ReLU and a shortcut, against libtorch's
 * operations there in float64.
 */
@Tag("gpu")
@ExtendWith(LeakCheck.class)
final class BatchNormCudaTest {
  private static final Device GPU = Device.cuda(0);
  private static final double MOMENTUM = 0.1;
  private static final double EPSILON = 1e-5;

  @BeforeEach
  void needsGpu() {
    assumeTrue(Cuda.isAvailable(), "needs a GPU");
    assertTrue(Cuda.isLoaded(), "otherwise operations of libtorch would be tested");
  }

  /** What follows the normalisation. */
  private enum Then {
    NOTHING,
    RELU,
    ADD_RELU
  }

  /** Everything a step is given, on the GPU; images are channels-last. */
  private record Inputs(
      Tensor x, Tensor shortcut, Tensor dy, Tensor weight, Tensor bias, Tensor mean, Tensor var) {

    static Inputs of(DType dtype, long... sizes) {
      long channels = sizes[1];
      Tensor each = channels(Init.normal_(Tensor.empty(DType.FLOAT32, channels), 0, 3, 1), sizes);
      return new Inputs(
          rows(2, sizes).mul(2).add(each).to(dtype),
          rows(3, sizes).to(dtype),
          rows(4, sizes).to(dtype),
          Init.normal_(Tensor.empty(DType.FLOAT32, channels), 0, 1, 5).to(GPU),
          Init.normal_(Tensor.empty(DType.FLOAT32, channels), 0, 1, 6).to(GPU),
          Init.normal_(Tensor.empty(DType.FLOAT32, channels), 0, 1, 7).to(GPU),
          Init.normal_(Tensor.empty(DType.FLOAT32, channels), 0, 1, 8).abs().add(0.5).to(GPU));
    }

    private static Tensor rows(long seed, long... sizes) {
      Tensor t = Init.normal_(Tensor.empty(DType.FLOAT32, sizes), 0, 1, seed).to(GPU);
      return sizes.length == 4 ? t.contiguous(MemoryFormat.CHANNELS_LAST) : t;
    }

    private static Tensor channels(Tensor values, long... sizes) {
      return sizes.length == 4
          ? values.to(GPU).view(1, sizes[1], 1, 1)
          : values.to(GPU).view(1, sizes[1]);
    }

    /**
     * The same, with no gradient where the output before ReLU is next to 0: whether such a value is
     * cut off is decided by rounding.
     */
    Inputs withoutTies(Then then) {
      Inputs wide = wide();
      Tensor z =
          normalize(
              Then.NOTHING, wide.x, wide.x, wide.weight, wide.bias, wide.mean, wide.var, true);
      z = then == Then.ADD_RELU ? z.add(wide.shortcut) : z;
      Tensor clear = z.abs().mul(1e8).sub(1e4).clamp(0, 1);
      return new Inputs(x, shortcut, dy.mul(clear).to(dy.dtype()), weight, bias, mean, var);
    }

    /** The same numbers in float64, for which there is no kernel. */
    Inputs wide() {
      return new Inputs(
          x.to(DType.FLOAT64),
          shortcut.to(DType.FLOAT64),
          dy.to(DType.FLOAT64),
          weight.to(DType.FLOAT64),
          bias.to(DType.FLOAT64),
          mean.to(DType.FLOAT64),
          var.to(DType.FLOAT64));
    }
  }

  private record Outcome(
      double[] y,
      double[] dx,
      double[] dshortcut,
      double[] dweight,
      double[] dbias,
      double[] mean,
      double[] var) {

    boolean sameAs(Outcome other) {
      return Arrays.equals(y, other.y)
          && Arrays.equals(dx, other.dx)
          && Arrays.equals(dshortcut, other.dshortcut)
          && Arrays.equals(dweight, other.dweight)
          && Arrays.equals(dbias, other.dbias)
          && Arrays.equals(mean, other.mean)
          && Arrays.equals(var, other.var);
    }
  }

  private static Tensor leaf(Tensor t) {
    return t.detach().requiresGrad(true);
  }

  private static double[] grad(Tensor t) {
    return t.grad().orElseThrow().toDoubleArray();
  }

  private static Tensor normalize(
      Then then,
      Tensor x,
      Tensor shortcut,
      Tensor weight,
      Tensor bias,
      Tensor mean,
      Tensor var,
      boolean training) {
    return then == Then.NOTHING
        ? Nn.batchNorm(
            x, Optional.of(weight), Optional.of(bias), mean, var, training, MOMENTUM, EPSILON)
        : Nn.batchNormRelu(
            x,
            then == Then.ADD_RELU ? Optional.of(shortcut) : Optional.empty(),
            Optional.of(weight),
            Optional.of(bias),
            mean,
            var,
            training,
            MOMENTUM,
            EPSILON);
  }

  private static Outcome step(Inputs in, Then then) {
    Tensor x = leaf(in.x);
    Tensor shortcut = leaf(in.shortcut);
    Tensor weight = leaf(in.weight);
    Tensor bias = leaf(in.bias);
    Tensor mean = in.mean.add(0);
    Tensor var = in.var.add(0);
    Tensor y = normalize(then, x, shortcut, weight, bias, mean, var, true);
    assertEquals(in.x.dtype(), y.dtype());
    y.backward(in.dy);
    return new Outcome(
        y.detach().toDoubleArray(),
        grad(x),
        then == Then.ADD_RELU ? grad(shortcut) : new double[0],
        grad(weight),
        grad(bias),
        mean.toDoubleArray(),
        var.toDoubleArray());
  }

  /** Half a unit of the last place, relative to a number. */
  private static double rounding(DType dtype) {
    return switch (dtype) {
      case BFLOAT16 -> 0x1p-8;
      case FLOAT16 -> 0x1p-11;
      default -> 0;
    };
  }

  /**
   * Images with rows that are whole vectors, and that are not; one image; as many parts of the rows
   * as there may be; more channels than a block of threads has.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 64, 5, 7",
    "6, 20, 5, 4",
    "5, 7, 33, 9",
    "64, 64, 32, 32",
    "16, 3, 224, 224",
    "8, 2048, 7, 7",
    "3, 1001, 4, 3"
  })
  void imagesAreNormalisedAsInFloat64(int n, int channels, int height, int width) {
    assertAsInFloat64(n, channels, height, width);
  }

  @ParameterizedTest
  @CsvSource({"2, 1", "3, 5", "512, 128", "4096, 2048", "1000, 33"})
  void rowsAreNormalisedAsInFloat64(int n, int channels) {
    assertAsInFloat64(n, channels);
  }

  /**
   * In 16 bits with a shortcut, only the kernels come that close: libtorch's operations round
   * before they add it.
   */
  private static void assertAsInFloat64(long... sizes) {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.BFLOAT16, DType.FLOAT16}) {
      for (Then then : Then.values()) {
        try (var _ = TensorScope.open()) {
          Inputs in = Inputs.of(dtype, sizes).withoutTies(then);
          Outcome exact = step(in.wide(), then);
          Outcome got = step(in, then);
          double rtol = rounding(dtype) + 1e-5;
          String what = dtype + ", " + Arrays.toString(sizes) + ", " + then + ": ";
          assertClose(exact.y, got.y, 1e-5, rtol, what + "y");
          assertClose(exact.dx, got.dx, 5e-5, rtol, what + "gradient of x");
          assertClose(exact.dshortcut, got.dshortcut, 0, 0, what + "gradient of the shortcut");
          double noise = 1e-6 * in.x.numel() / sizes[1] + 1e-5;
          assertClose(exact.dweight, got.dweight, noise, 1e-5, what + "gradient of the weight");
          assertClose(exact.dbias, got.dbias, noise, 1e-5, what + "gradient of the bias");
          assertClose(exact.mean, got.mean, 1e-6, 1e-6, what + "running mean");
          assertClose(exact.var, got.var, 1e-6, 4e-6, what + "running variance");
          assertTrue(got.sameAs(step(in, then)), what + "the same every time");

          try (var _ = GradMode.noGrad()) {
            Inputs wide = in.wide();
            Tensor y =
                normalize(then, in.x, in.shortcut, in.weight, in.bias, in.mean, in.var, false);
            Tensor expected =
                normalize(
                    then,
                    wide.x,
                    wide.shortcut,
                    wide.weight,
                    wide.bias,
                    wide.mean,
                    wide.var,
                    false);
            assertClose(
                expected.toDoubleArray(), y.toDoubleArray(), 1e-5, rtol, what + "evaluation");
          }
        }
      }
    }
  }

  /** A small variance around a large mean is that of libtorch in float64. */
  @Test
  void aLargeMeanHidesNoVariance() {
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      Inputs in = Inputs.of(DType.FLOAT32, 64, 32, 16, 16);
      Tensor x = in.x.mul(0.01).add(3000);
      Tensor[] running = {in.mean.add(0), in.var.add(0)};
      Tensor[] wide = {in.mean.to(DType.FLOAT64), in.var.to(DType.FLOAT64)};
      Tensor y = normalize(Then.NOTHING, x, x, in.weight, in.bias, running[0], running[1], true);
      Tensor expected =
          normalize(
              Then.NOTHING,
              x.to(DType.FLOAT64),
              x,
              in.weight.to(DType.FLOAT64),
              in.bias.to(DType.FLOAT64),
              wide[0],
              wide[1],
              true);
      assertClose(expected.toDoubleArray(), y.toDoubleArray(), 1e-5, 1e-5, "y");
      assertClose(wide[1].toDoubleArray(), running[1].toDoubleArray(), 0, 4e-6, "variance");
    }
  }

  /** Images that are not channels-last go to libtorch, with the same result. */
  @Test
  void otherMemoryHasTheSameResult() {
    try (var _ = TensorScope.open()) {
      for (Then then : Then.values()) {
        Inputs in = Inputs.of(DType.FLOAT32, 8, 24, 9, 5).withoutTies(then);
        Inputs planes =
            new Inputs(
                in.x.contiguous(),
                in.shortcut.contiguous(),
                in.dy.contiguous(),
                in.weight,
                in.bias,
                in.mean,
                in.var);
        Outcome fused = step(in, then);
        Outcome separate = step(planes, then);
        assertClose(separate.y, fused.y, 1e-5, 1e-5, then + ": y");
        assertClose(separate.dx, fused.dx, 1e-5, 1e-5, then + ": gradient of x");
        assertArrayEquals(separate.dshortcut, fused.dshortcut, then + ": gradient of the shortcut");
        assertClose(separate.dweight, fused.dweight, 1e-3, 1e-5, then + ": gradient of the weight");
      }
    }
  }
}
