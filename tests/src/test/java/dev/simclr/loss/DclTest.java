package dev.simclr.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Values and gradients are tested with the native code; this is the Java side. */
@ExtendWith(LeakCheck.class)
final class DclTest {

  @Test
  void identicalViewsOfOrthogonalImagesHaveAClosedForm() {
    int n = 5;
    double t = 0.5;
    try (var _ = TensorScope.open()) {
      for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
        Tensor one = Tensor.eye(n, dtype);
        NtXent.Result result = new Dcl(t).forward(Tensor.cat(List.of(one, one), 0));
        // 2N - 2 negatives of similarity 0, and a positive of similarity 1 / t.
        assertEquals(Math.log(2 * n - 2) - 1 / t, result.loss().item(), 1e-6);
        assertEquals(1, result.accuracy().item());
        double p = Math.exp(1 / t) / (Math.exp(1 / t) + n - 1);
        double q = (1 - p) / (n - 1);
        double entropy = -p * Math.log(p) - (n - 1) * q * Math.log(q);
        assertEquals(entropy, result.entropy().item(), 1e-6);
      }
    }
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThrows(IllegalArgumentException.class, () -> new Dcl(0));
    try (var _ = TensorScope.open()) {
      Tensor pair = Tensor.ones(DType.FLOAT32, 2, 4);
      var e = assertThrows(IllegalArgumentException.class, () -> new Dcl(1).forward(pair));
      assertTrue(e.getMessage().contains("[2, 4]"), e.getMessage());
    }
  }
}
