package dev.simclr.torch;

import static dev.simclr.torch.Closeness.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class TensorLinalgTest {

  @Test
  void products() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
      Tensor b = Tensor.of(new float[] {1, 0, 2, 1, 0, 1}, 3, 2);
      double[] product = {5, 5, 14, 11};
      assertClose(product, a.mm(b));
      assertClose(product, a.matmul(b));
      assertClose(product, a.unsqueeze(0).bmm(b.unsqueeze(0)));
      assertClose(product, a.linear(b.t()));
      Tensor v = Tensor.of(new float[] {1, 10, 100}, 3);
      assertClose(new double[] {321, 654}, a.mv(v));
      assertClose(new double[] {10101}, v.dot(v));
      Tensor bias = Tensor.of(new float[] {1, 2}, 2);
      assertClose(new double[] {6, 7, 15, 13}, a.linear(b.t(), bias));
      assertClose(new double[] {6, 7, 15, 13}, bias.addmm(a, b));
      assertClose(new double[] {20, 30, 38, 42}, bias.addmm(a, b, 10, 2));
    }
  }

  @Test
  void leadingDimensionsBroadcast() {
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 5, 1, 2, 3);
      Tensor b = Tensor.ones(DType.FLOAT32, 4, 3, 2);
      assertArrayEquals(new long[] {5, 4, 2, 2}, a.matmul(b).shape());
      assertThrows(TorchException.class, () -> a.mm(b));
    }
  }
}
