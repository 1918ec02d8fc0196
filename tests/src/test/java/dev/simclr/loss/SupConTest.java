package dev.simclr.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Values and gradients are tested with the native code; this is the Java side. */
@ExtendWith(LeakCheck.class)
final class SupConTest {

  @Test
  void threeViewsOfOrthogonalImagesHaveAClosedForm() {
    int n = 4;
    double t = 0.25;
    try (var _ = TensorScope.open()) {
      for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
        Tensor v = Tensor.eye(n, dtype).repeat(3, 1);
        Tensor labels = Tensor.arange(n, DType.INT64).repeat(3);
        SupCon.Result result = new SupCon(t).forward(v, labels);
        // Two candidates of similarity 1 / t, which are the positives, and 3N - 3 of similarity 0.
        double expected = Math.log(2 * Math.exp(1 / t) + 3 * n - 3) - 1 / t;
        assertEquals(expected, result.loss().item(), 1e-6);
        assertEquals(0, result.skipped().item());
        NtXent.Result measured = new SupCon(t).forward(v, labels, 3);
        assertEquals(expected, measured.loss().item(), 1e-6);
        assertEquals(1, measured.accuracy().item());
        // Of view 2, one candidate of similarity 1 / t and N - 1 of similarity 0.
        double sum = Math.exp(1 / t) + n - 1;
        assertEquals(Math.log(sum) - Math.exp(1 / t) / t / sum, measured.entropy().item(), 1e-6);
      }
    }
  }

  @Test
  void rowsWithoutAPositiveAreCounted() {
    try (var _ = TensorScope.open()) {
      Tensor v = Tensor.eye(5, DType.FLOAT32).requiresGrad(true);
      Tensor labels = Tensor.of(new long[] {7, -2, 7, 9, 11}, 5);
      SupCon.Result result = new SupCon(0.5).forward(v, labels);
      assertEquals(3, result.skipped().item());
      assertEquals(Math.log(4), result.loss().item(), 1e-6);
      result.loss().backward();
      // The rows of label 7 are drawn to each other; the others are candidates, and repelled.
      Tensor gradient = v.grad().orElseThrow();
      assertTrue(gradient.select(0, 0).select(0, 2).item() < 0);
      assertTrue(gradient.select(0, 1).select(0, 0).item() > 0);
    }
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThrows(IllegalArgumentException.class, () -> new SupCon(Double.NaN));
    SupCon loss = new SupCon(0.5);
    try (var _ = TensorScope.open()) {
      Tensor v = Tensor.ones(DType.FLOAT32, 3, 4);
      Tensor few = Tensor.arange(2, DType.INT64);
      Tensor floats = Tensor.arange(3, DType.FLOAT32);
      Tensor one = Tensor.ones(DType.FLOAT32, 1, 4);
      assertMessage("[2]; allowed: [3]", () -> loss.forward(v, few));
      assertMessage("float32; allowed: int64", () -> loss.forward(v, floats));
      assertMessage("[1, 4]", () -> loss.forward(one, few));
      Tensor labels = Tensor.arange(3, DType.INT64);
      assertMessage("views is 2; allowed", () -> loss.forward(v, labels, 2));
      assertMessage("views is 1; allowed", () -> loss.forward(v, labels, 1));
    }
  }

  private static void assertMessage(String part, Runnable call) {
    var e = assertThrows(IllegalArgumentException.class, call::run);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
