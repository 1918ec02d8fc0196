package dev.simclr.loss;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.Formula;
import dev.simclr.torch.Autocast;
import dev.simclr.torch.ContrastiveMeasures;
import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Losses;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakCheck.class)
final class NtXentTest {

  /** Two noisy views of n random directions, whose lengths differ widely. */
  private static double[] views(int n, int dim) {
    double[] images = Formula.signed("images", n, dim);
    double[] noise = Formula.signed("noise", 2 * n, dim);
    double[] lengths = Formula.uniform("lengths", 2 * n);
    double[] v = new double[2 * n * dim];
    for (int i = 0; i < v.length; i++) {
      v[i] = (images[i % images.length] + noise[i]) * (0.1 + 10 * lengths[i / dim]);
    }
    return v;
  }

  private static double[][] rows(double[] values, int dim) {
    double[][] rows = new double[values.length / dim][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Arrays.copyOfRange(values, i * dim, (i + 1) * dim);
    }
    return rows;
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElseThrow();
  }

  private static Tensor leaf(double[] values, int dim, DType dtype) {
    return Tensor.of(values, values.length / dim, dim).to(dtype).requiresGrad(true);
  }

  @ParameterizedTest
  @CsvSource({
    "2, 1, 0.5",
    "2, 3, 0.1",
    "5, 7, 0.05",
    "16, 33, 1",
    "31, 128, 0.5",
    "64, 16, 0.1",
    "7, 20, 0.002",
    "6, 5, 100",
    "600, 3, 0.5"
  })
  void valueAndGradientAreThoseOfTheLoops(int n, int dim, double temperature) {
    double[] wide = views(n, dim);
    for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32, DType.BFLOAT16}) {
      try (var _ = TensorScope.open()) {
        Tensor v = leaf(wide, dim, dtype);
        // What the type can hold, so that only the computation differs.
        NtXentLoops loops = new NtXentLoops(rows(v.detach().toDoubleArray(), dim), temperature);
        NtXent.Result result = new NtXent(temperature).forward(v);
        boolean exact = dtype == DType.FLOAT64;
        DType computed = exact ? DType.FLOAT64 : DType.FLOAT32;
        assertEquals(computed, result.loss().dtype());
        assertEquals(0, result.loss().dim());
        // Cosines are rounded to the type, and the temperature magnifies that.
        double atol = (exact ? 1e-14 : 1e-6) / temperature + (exact ? 1e-13 : 1e-6);
        assertClose(loops.loss, result.loss().item(), atol, 1e-6, dtype + " loss");
        assertClose(loops.entropy, result.entropy().item(), atol, 1e-6, dtype + " entropy");
        assertClose(loops.accuracy, result.accuracy().item(), 1e-7, 0, dtype + " accuracy");

        result.loss().backward();
        Tensor gradient = v.grad().orElseThrow();
        assertEquals(dtype, gradient.dtype());
        double[] expected = flat(loops.gradient);
        double rtol = exact ? 1e-9 : dtype == DType.FLOAT32 ? 1e-4 : 1.0 / 128;
        double noise = largest(expected) * (exact ? 1e-11 : 1e-5) / Math.min(1, temperature);
        assertClose(expected, gradient.toDoubleArray(), noise + 1e-30, rtol, dtype + " gradient");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"2, 1, 0.5", "5, 7, 0.05", "16, 33, 10", "40, 16, 100", "600, 3, 30"})
  void withoutL2NormValueAndGradientAreThoseOfTheLoops(int n, int dim, double temperature) {
    double[] wide = views(n, dim);
    for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32, DType.BFLOAT16}) {
      try (var _ = TensorScope.open()) {
        Tensor v = leaf(wide, dim, dtype);
        double[][] rows = rows(v.detach().toDoubleArray(), dim);
        NtXentLoops loops = new NtXentLoops(rows, temperature, false);
        NtXent.Result result = new NtXent(temperature, false).forward(v);
        boolean exact = dtype == DType.FLOAT64;
        // Products are rounded to the type relative to the largest of them.
        double longest = Arrays.stream(rows).mapToDouble(r -> squared(r)).max().orElseThrow();
        double atol = (exact ? 1e-14 : 1e-6) * (1 + longest / temperature);
        assertClose(loops.loss, result.loss().item(), atol, 1e-6, dtype + " loss");
        assertClose(loops.entropy, result.entropy().item(), atol, 1e-5, dtype + " entropy");
        assertClose(loops.accuracy, result.accuracy().item(), 1e-7, 0, dtype + " accuracy");

        result.loss().backward();
        double[] expected = flat(loops.gradient);
        double rtol = exact ? 1e-9 : dtype == DType.FLOAT32 ? 1e-4 : 1.0 / 128;
        double noise = largest(expected) * (exact ? 1e-11 : 2e-5) * (1 + longest / temperature);
        assertClose(
            expected, v.grad().orElseThrow().toDoubleArray(), noise, rtol, dtype + " gradient");
      }
    }
  }

  private static double squared(double[] row) {
    return Arrays.stream(row).map(x -> x * x).sum();
  }

  @Test
  void theGradientIsTheSlopeOfTheValue() {
    int n = 4;
    int dim = 5;
    double[] point = views(n, dim);
    NtXent loss = new NtXent(0.3);
    try (var _ = TensorScope.open()) {
      Tensor v = leaf(point, dim, DType.FLOAT64);
      loss.forward(v).loss().backward();
      double[] slopes = new double[point.length];
      for (int i = 0; i < point.length; i++) {
        double step = 1e-5;
        double[] up = point.clone();
        double[] down = point.clone();
        up[i] += step;
        down[i] -= step;
        double rise =
            loss.forward(leaf(up, dim, DType.FLOAT64)).loss().item()
                - loss.forward(leaf(down, dim, DType.FLOAT64)).loss().item();
        slopes[i] = rise / (2 * step);
      }
      assertClose(slopes, v.grad().orElseThrow().toDoubleArray(), 1e-8, 1e-5, "gradient");
    }
  }

  /** The gradient of a multiple of the loss is that multiple of the gradient. */
  @Test
  void theChainRuleGoesThroughTheLoss() {
    double[] point = views(3, 4);
    try (var _ = TensorScope.open()) {
      Tensor one = leaf(point, 4, DType.FLOAT64);
      new NtXent(0.5).forward(one).loss().backward();
      Tensor three = leaf(point, 4, DType.FLOAT64);
      Tensor cubed = new NtXent(0.5).forward(three.mul(2)).loss().mul(3);
      cubed.backward();
      // Directions alone count, so doubling v changes no loss, and the chain rule gives back 2 / 2.
      double[] expected =
          Arrays.stream(one.grad().orElseThrow().toDoubleArray()).map(g -> 3 * g).toArray();
      assertClose(expected, three.grad().orElseThrow().toDoubleArray(), 1e-14, 1e-10, "gradient");
    }
  }

  @ParameterizedTest
  @CsvSource({"2, 0.1", "8, 0.5", "50, 1"})
  void equalSimilaritiesGiveTheChanceValue(int n, double temperature) {
    try (var _ = TensorScope.open()) {
      // Collapse: all similarities are 1. Orthogonal: all are 0.
      Tensor collapsed = Tensor.full(0.7, DType.FLOAT32, 2 * n, 6).requiresGrad(true);
      Tensor orthogonal = Tensor.eye(2 * n, DType.FLOAT32);
      for (Tensor v : new Tensor[] {collapsed, orthogonal}) {
        NtXent.Result result = new NtXent(temperature).forward(v);
        assertEquals(Math.log(2 * n - 1), result.loss().item(), 1e-5);
        assertEquals(0, result.accuracy().item(), "no positive is strictly the most similar");
        assertEquals(Math.log(n), result.entropy().item(), 1e-5);
      }
    }
  }

  @Test
  void identicalViewsOfOrthogonalImagesHaveAClosedForm() {
    int n = 5;
    double t = 0.5;
    try (var _ = TensorScope.open()) {
      Tensor one = Tensor.eye(n, DType.FLOAT64);
      NtXent.Result result = new NtXent(t).forward(Tensor.cat(List.of(one, one), 0));
      double e = Math.exp(1 / t);
      assertEquals(Math.log(e + 2 * n - 2) - 1 / t, result.loss().item(), 1e-12);
      assertEquals(1, result.accuracy().item());
      double p = e / (e + n - 1);
      double q = 1 / (e + n - 1);
      double entropy = -p * Math.log(p) - (n - 1) * q * Math.log(q);
      assertEquals(entropy, result.entropy().item(), 1e-12);
    }
  }

  /** Only similarities across the views count, and only those of the anchors of view 1. */
  @Test
  void accuracyLooksFromViewOneAcrossOnly() {
    // View 1 finds the positives of images 0 and 2. View 2 would find that of image 1 alone; and
    // among all 2N - 1 candidates row 0 is nearest to row 1, so that only image 2 would be left.
    double[] v = {1, 0, 0.95, 0.312, 0, 1, 0.94, 0.341, 0.7, 0.714, 0.6, 0.8};
    try (var _ = TensorScope.open()) {
      NtXent.Result result = new NtXent(0.5).forward(Tensor.of(v, 6, 2));
      assertEquals(2.0 / 3, result.accuracy().item(), 1e-12);
      double[] swapped = new double[v.length];
      System.arraycopy(v, 6, swapped, 0, 6);
      System.arraycopy(v, 0, swapped, 6, 6);
      NtXent.Result back = new NtXent(0.5).forward(Tensor.of(swapped, 6, 2));
      assertEquals(1.0 / 3, back.accuracy().item(), 1e-12);
      assertEquals(result.loss().item(), back.loss().item(), 1e-12, "the loss is symmetric");
    }
  }

  @Test
  void aTieIsNotAHit() {
    double[] v = {1, 0, 0, 1, 1, 0, 1, 0};
    try (var _ = TensorScope.open()) {
      // Anchor 0 is as near to both rows of view 2; so is anchor 1.
      assertEquals(0, new NtXent(0.5).forward(Tensor.of(v, 4, 2)).accuracy().item());
    }
  }

  @Test
  void lengthsDoNotCount() {
    double[] v = views(6, 9);
    try (var _ = TensorScope.open()) {
      double expected = new NtXent(0.2).forward(Tensor.of(v, 12, 9)).loss().item();
      for (double factor : new double[] {1e-6, 1e6, 1e15}) {
        Tensor scaled = Tensor.of(v, 12, 9).mul(factor).to(DType.FLOAT32);
        assertEquals(expected, new NtXent(0.2).forward(scaled).loss().item(), 1e-5, "x " + factor);
      }
    }
  }

  @Test
  void aZeroRowIsDividedByEpsilonOnly() {
    double[] v = views(3, 4);
    Arrays.fill(v, 4, 8, 0);
    try (var _ = TensorScope.open()) {
      NtXentLoops loops = new NtXentLoops(rows(v, 4), 0.5);
      Tensor x = leaf(v, 4, DType.FLOAT64);
      NtXent.Result result = new NtXent(0.5).forward(x);
      assertEquals(loops.loss, result.loss().item(), 1e-12);
      result.loss().backward();
      double[] gradient = x.grad().orElseThrow().toDoubleArray();
      assertClose(flat(loops.gradient), gradient, 1e-12, 1e-9, "gradient");
      assertTrue(Math.abs(gradient[4]) > 1e9, "1 / epsilon times a similarity's slope");
    }
  }

  @Test
  void autocastChangesNothing() {
    double[] v = views(8, 16);
    try (var _ = TensorScope.open()) {
      Tensor plain = leaf(v, 16, DType.FLOAT32);
      NtXent.Result expected = new NtXent(0.1).forward(plain);
      expected.loss().backward();
      Tensor inside = leaf(v, 16, DType.FLOAT32);
      try (var _ = Autocast.bf16()) {
        assertEquals(DType.BFLOAT16, inside.matmul(inside.t()).dtype(), "autocast is on");
        NtXent.Result result = new NtXent(0.1).forward(inside);
        assertEquals(DType.FLOAT32, result.loss().dtype());
        assertEquals(expected.loss().item(), result.loss().item());
        assertEquals(expected.accuracy().item(), result.accuracy().item());
        assertEquals(expected.entropy().item(), result.entropy().item());
        result.loss().backward();
      }
      assertArrayEquals(
          plain.grad().orElseThrow().toFloatArray(), inside.grad().orElseThrow().toFloatArray());
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.5, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void refusesATemperatureThatMakesNoSense(double temperature) {
    var e = assertThrows(IllegalArgumentException.class, () -> new NtXent(temperature));
    assertEquals("temperature is " + temperature + "; allowed: finite, above 0", e.getMessage());
  }

  /** The positive is the only candidate: ln 1, a hit, no entropy, no slope. */
  @ParameterizedTest
  @CsvSource({"true, 0.5", "true, 0.01", "false, 0.5", "false, 10"})
  void theOnlyImageIsItsOwnPositive(boolean l2Norm, double temperature) {
    double[] v = {0.3, -2, 1, 4, 0.5, -3};
    for (DType dtype : new DType[] {DType.FLOAT64, DType.FLOAT32, DType.BFLOAT16}) {
      try (var _ = TensorScope.open()) {
        Tensor x = leaf(v, 3, dtype);
        NtXent.Result result = new NtXent(temperature, l2Norm).forward(x);
        assertEquals(0, result.loss().item(), 1e-6, dtype + " loss");
        assertEquals(1, result.accuracy().item(), dtype + " accuracy");
        assertEquals(0, result.entropy().item(), 1e-6, dtype + " entropy");
        result.loss().backward();
        double[] gradient = x.grad().orElseThrow().toDoubleArray();
        assertClose(new double[6], gradient, 1e-6, 0, dtype + " gradient");
        ContrastiveMeasures measures = Losses.contrastiveMeasures(x, temperature);
        assertEquals(1, measures.accuracy().item(), dtype + " accuracy alone");
        assertEquals(0, measures.entropy().item(), 1e-6, dtype + " entropy alone");
      }
    }
  }

  @Test
  void refusesWhatIsNotTwoViews() {
    try (var _ = TensorScope.open()) {
      for (long[] shape : new long[][] {{1, 4}, {5, 4}, {0, 4}, {8}, {4, 2, 2}}) {
        Tensor v = Tensor.ones(DType.FLOAT32, shape);
        for (boolean l2Norm : new boolean[] {true, false}) {
          var loss = new NtXent(0.5, l2Norm);
          var e = assertThrows(IllegalArgumentException.class, () -> loss.forward(v));
          assertEquals(
              "projections have shape "
                  + Arrays.toString(shape)
                  + "; allowed: [2N, D] with N at least 1",
              e.getMessage());
        }
      }
    }
  }

  /** Without the positive in the sum, one image leaves nothing to be compared with. */
  @Test
  void lossesWithoutThePositiveInTheSumNeedTwoImages() {
    try (var _ = TensorScope.open()) {
      Tensor v = Tensor.ones(DType.FLOAT32, 2, 4);
      List<Executable> losses =
          List.of(
              () -> new Dcl(0.5).forward(v),
              () -> new Dclw(0.5, 0.5).forward(v),
              () -> new Dhel(0.5).forward(v),
              () -> new Hcl(0.5, 0.1, 1).forward(v));
      for (Executable loss : losses) {
        var e = assertThrows(IllegalArgumentException.class, loss);
        assertTrue(e.getMessage().endsWith("[2, 4]; allowed: [2N, D] with N at least 2"));
      }
    }
  }
}
