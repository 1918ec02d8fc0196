package dev.simclr.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Values and gradients are tested with the native code; this is the Java side. */
@ExtendWith(LeakCheck.class)
final class NtXentSumTest {

  /** Two images whose rows are orthogonal, those of the second of a length below 1e-6. */
  @Test
  void shortRowsAreDividedByTheEpsilonOfTheReference() {
    double t = 0.5;
    double length = 5e-7;
    try (var _ = TensorScope.open()) {
      Tensor view = Tensor.eye(2, DType.FLOAT64);
      view.narrow(0, 1, 1).mul_(length);
      NtXent.Result result = new NtXentSum(t).forward(Tensor.cat(List.of(view, view), 0));
      // Positives of image 1 have the cosine 1, those of image 2 the product of 0.5 and 0.5.
      double first = Math.log(Math.exp(1 / t) + 2) - 1 / t;
      double second = Math.log(Math.exp(0.25 / t) + 2) - 0.25 / t;
      assertEquals(first + second, result.loss().item(), 1e-12);
      assertEquals(1, result.accuracy().item());
    }
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThrows(IllegalArgumentException.class, () -> new NtXentSum(0));
    try (var _ = TensorScope.open()) {
      Tensor odd = Tensor.ones(DType.FLOAT32, 5, 4);
      assertThrows(IllegalArgumentException.class, () -> new NtXentSum(0.5).forward(odd));
    }
  }
}
