package dev.simclr.torch;

import static dev.simclr.torch.Closeness.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class TensorIndexTest {

  /** [[0, 1, 2], [3, 4, 5]]. */
  private static Tensor x() {
    return Tensor.arange(6, DType.FLOAT32).view(2, 3);
  }

  private static Tensor index(long... values) {
    return Tensor.of(values, values.length);
  }

  @Test
  void picking() {
    try (var _ = TensorScope.open()) {
      Tensor x = x();
      assertClose(new double[] {2, 0, 5, 3}, x.indexSelect(1, index(2, 0)));
      assertClose(new double[] {2, 0, 5, 3}, x.indexSelect(1, index(2, 0).to(DType.INT32)));
      assertClose(new double[] {2, 4}, x.gather(1, index(2, 1).view(2, 1)));
      assertClose(new double[] {4, 5}, x.maskedSelect(x.gt(3)));
      assertArrayEquals(new long[] {1, 1, 1, 2}, x.gt(3).nonzero().toLongArray());
    }
  }

  @Test
  void adding() {
    try (var _ = TensorScope.open()) {
      Tensor rows = x();
      assertClose(
          new double[] {0, 0, 0, 3, 5, 7, 0, 0, 0},
          Tensor.zeros(DType.FLOAT32, 3, 3).indexAdd_(0, index(1, 1), rows));
      assertClose(
          new double[] {0, 0, 0, 6, 10, 14, 0, 0, 0},
          Tensor.zeros(DType.FLOAT32, 3, 3).indexAdd_(0, index(1, 1), rows, 2));
      assertClose(
          new double[] {0, 1, 2, 0, 0, 0, 3, 4, 5},
          Tensor.zeros(DType.FLOAT32, 3, 3).indexCopy_(0, index(0, 2), rows));
      Tensor positions = index(0, 0, 1, 1, 1, 1).view(2, 3);
      assertClose(
          new double[] {1, 2, 0, 12},
          Tensor.zeros(DType.FLOAT32, 2, 2).scatterAdd_(1, positions, rows));
      Tensor single = index(1, 0).view(2, 1);
      assertClose(
          new double[] {0, 8, 9, 0},
          Tensor.zeros(DType.FLOAT32, 2, 2)
              .scatter_(1, single, Tensor.of(new float[] {8, 9}, 2, 1)));
    }
  }

  @Test
  void classes() {
    try (var _ = TensorScope.open()) {
      Tensor labels = index(2, 0);
      assertArrayEquals(new long[] {0, 0, 1, 1, 0, 0}, labels.oneHot(3).toLongArray());
      assertArrayEquals(new long[] {0, 2, 1, 0}, index(1, 2, 1).bincount(4).toLongArray());
      assertEquals(DType.INT64, labels.oneHot(3).dtype());
    }
  }

  @Test
  void indicesOutOfRangeAreErrors() {
    try (var _ = TensorScope.open()) {
      Tensor x = x();
      assertThrows(TorchException.class, () -> x.indexSelect(1, index(3)));
      assertThrows(TorchException.class, () -> x.gather(1, index(-4).view(1, 1)));
      assertThrows(TorchException.class, () -> index(5).oneHot(3));
      assertThrows(TorchException.class, () -> x.indexAdd_(0, index(7), x.narrow(0, 0, 1)));
    }
  }
}
