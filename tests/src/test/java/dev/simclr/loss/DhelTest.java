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
final class DhelTest {

  @Test
  void identicalViewsOfOrthogonalImagesHaveAClosedForm() {
    int n = 5;
    double t = 0.6;
    try (var _ = TensorScope.open()) {
      for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
        Tensor one = Tensor.eye(n, dtype).requiresGrad(true);
        NtXent.Result result = new Dhel(t).forward(Tensor.cat(List.of(one, one), 0));
        // N - 1 negatives of similarity 0, and a positive of similarity 1 / t.
        double expected = Math.log(n - 1) - 1 / t;
        assertEquals(expected, result.loss().item(), 1e-6);
        assertEquals(1, result.accuracy().item());
        NtXent.Result plain = new NtXent(t).forward(Tensor.cat(List.of(one, one), 0));
        assertEquals(plain.entropy().item(), result.entropy().item(), 1e-6);
        result.loss().backward();
        // Turning towards another image raises the loss.
        assertTrue(one.grad().orElseThrow().select(0, 0).select(0, 1).item() > 0);
      }
    }
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThrows(IllegalArgumentException.class, () -> new Dhel(0));
    try (var _ = TensorScope.open()) {
      Tensor pair = Tensor.ones(DType.FLOAT32, 2, 4);
      var loss = new Dhel(0.5);
      var e = assertThrows(IllegalArgumentException.class, () -> loss.forward(pair));
      assertTrue(e.getMessage().contains("[2, 4]"), e.getMessage());
    }
  }
}
