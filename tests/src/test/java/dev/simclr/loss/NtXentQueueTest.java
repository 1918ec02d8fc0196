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
final class NtXentQueueTest {

  @Test
  void aQueueOfOneImageHasAClosedForm() {
    int n = 5;
    double t = 0.5;
    try (var _ = TensorScope.open()) {
      Tensor one = Tensor.eye(n, DType.FLOAT64);
      Tensor queue = one.narrow(0, 0, 1).copy().requiresGrad(true);
      Tensor rows = Tensor.cat(List.of(one, one), 0).requiresGrad(true);
      NtXent.Result result = new NtXentQueue(t).forward(rows, queue);
      double same = Math.exp(1 / t);
      // To the two anchors of image 0 the queue is as near as the positive, to the others it is
      // not.
      double expected =
          (2 * Math.log(2 * same + 2 * n - 2) + (2 * n - 2) * Math.log(same + 2 * n - 1)) / (2 * n)
              - 1 / t;
      assertEquals(expected, result.loss().item(), 1e-12);
      assertEquals(1, result.accuracy().item());
      result.loss().backward();
      assertTrue(queue.grad().isEmpty());
      assertTrue(rows.grad().orElseThrow().select(0, 1).select(0, 0).item() > 0);
    }
  }

  /** The queue alone has the negatives of one image. */
  @Test
  void oneImageHasNegativesInTheQueue() {
    double t = 0.5;
    try (var _ = TensorScope.open()) {
      Tensor axes = Tensor.eye(3, DType.FLOAT64);
      Tensor rows = axes.narrow(0, 0, 1).repeat(2, 1).requiresGrad(true);
      NtXent.Result result = new NtXentQueue(t).forward(rows, axes);
      double same = Math.exp(1 / t);
      assertEquals(Math.log(2 * same + 2) - 1 / t, result.loss().item(), 1e-12);
      assertEquals(1, result.accuracy().item());
      assertEquals(0, result.entropy().item());
    }
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThrows(IllegalArgumentException.class, () -> new NtXentQueue(0));
    var loss = new NtXentQueue(0.5);
    try (var _ = TensorScope.open()) {
      Tensor rows = Tensor.ones(DType.FLOAT32, 4, 4);
      Tensor queue = Tensor.ones(DType.FLOAT32, 2, 3);
      var e = assertThrows(IllegalArgumentException.class, () -> loss.forward(rows, queue));
      assertTrue(e.getMessage().contains("[2, 3]; allowed: [Q, 4]"), e.getMessage());
    }
  }
}
