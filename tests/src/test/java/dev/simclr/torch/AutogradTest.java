package dev.simclr.torch;

import static dev.simclr.torch.Closeness.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class AutogradTest {

  private static Tensor leaf(double... values) {
    return Tensor.of(values, values.length).requiresGrad(true);
  }

  @Test
  void backwardFollowsTheChainRule() {
    try (var _ = TensorScope.open()) {
      Tensor x = leaf(0.5, -1, 2);
      Tensor y = x.square().mul(3).sin().sum();
      assertTrue(y.requiresGrad() && !y.isLeaf() && x.isLeaf());
      y.backward();
      double[] expected = new double[3];
      double[] at = {0.5, -1, 2};
      for (int i = 0; i < 3; i++) {
        expected[i] = Math.cos(3 * at[i] * at[i]) * 6 * at[i];
      }
      assertClose(expected, x.grad().orElseThrow());
    }
  }

  @Test
  void gradientsAddUpUntilTheyAreRemoved() {
    try (var _ = TensorScope.open()) {
      Tensor x = leaf(1, 2);
      assertEquals(Optional.empty(), x.grad());
      x.mul(3).sum().backward();
      x.mul(4).sum().backward();
      assertClose(new double[] {7, 7}, x.grad().orElseThrow());
      x.grad().orElseThrow().mul_(2);
      assertClose(new double[] {14, 14}, x.grad().orElseThrow());
      x.zeroGrad();
      assertEquals(Optional.empty(), x.grad());
      x.setGrad(Tensor.of(new double[] {5, 6}, 2));
      assertClose(new double[] {5, 6}, x.grad().orElseThrow());
    }
  }

  @Test
  void aGradientOfTheOutputWeighsIt() {
    try (var _ = TensorScope.open()) {
      Tensor x = leaf(1, 2, 3);
      x.square().backward(Tensor.of(new double[] {1, 10, 100}, 3));
      assertClose(new double[] {2, 40, 600}, x.grad().orElseThrow());
    }
  }

  @Test
  void aGraphIsUsedOnceUnlessItIsRetained() {
    try (var _ = TensorScope.open()) {
      Tensor x = leaf(3);
      Tensor y = x.square().sum();
      y.backward(true);
      y.backward();
      assertClose(new double[] {12}, x.grad().orElseThrow());
      TorchException e = assertThrows(TorchException.class, y::backward);
      assertTrue(e.getMessage().contains("backward"), e.getMessage());
    }
  }

  @Test
  void detachedTensorsShareMemoryButNoGraph() {
    try (var _ = TensorScope.open()) {
      Tensor x = leaf(1, 2);
      Tensor d = x.detach();
      assertFalse(d.requiresGrad());
      d.fill_(9);
      assertArrayEquals(new double[] {9, 9}, x.detach().toDoubleArray());
      x.mul(d).sum().backward();
      assertClose(new double[] {9, 9}, x.grad().orElseThrow());
    }
  }

  @Test
  void whatCannotBeDifferentiatedIsAnException() {
    try (var _ = TensorScope.open()) {
      Tensor x = leaf(1, 2);
      TorchException e = assertThrows(TorchException.class, () -> x.mul(2).backward());
      assertTrue(e.getMessage().contains("[2]"), e.getMessage());
      assertThrows(TorchException.class, () -> Tensor.of(new double[] {1}, 1).sum().backward());
      Tensor integers = Tensor.of(new long[] {1}, 1);
      assertThrows(TorchException.class, () -> integers.requiresGrad(true));
      Tensor inner = x.mul(2);
      e = assertThrows(TorchException.class, () -> inner.requiresGrad(false));
      assertEquals(TorchException.Kind.INVALID_ARGUMENT, e.kind(), e.getMessage());
      e = assertThrows(TorchException.class, () -> x.setGrad(Tensor.ones(DType.FLOAT64, 3)));
      assertEquals(TorchException.Kind.SHAPE, e.kind(), e.getMessage());
      e = assertThrows(TorchException.class, () -> x.setGrad(Tensor.ones(DType.FLOAT32, 2)));
      assertEquals(TorchException.Kind.INVALID_ARGUMENT, e.kind(), e.getMessage());
      // A leaf that is recorded does not change under the graph.
      assertThrows(TorchException.class, () -> x.add_(1));
    }
  }
}
