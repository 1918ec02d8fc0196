package dev.simclr.torch;

import static dev.simclr.torch.Closeness.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class TensorReduceTest {

  /** [[1, 5, 3], [4, 2, 6]]. */
  private static Tensor x() {
    return Tensor.of(new float[] {1, 5, 3, 4, 2, 6}, 2, 3);
  }

  @Test
  void overAllElements() {
    try (var _ = TensorScope.open()) {
      Tensor x = x();
      assertEquals(21, x.sum().item());
      assertEquals(3.5, x.mean().item());
      assertEquals(6, x.max().item());
      assertEquals(1, x.min().item());
      assertEquals(Math.sqrt(91), x.norm().item(), 1e-5);
      assertEquals(21, x.norm(1, false).item(), 1e-5);
      assertEquals(0, x.sum().dim());
      assertEquals(17.5 / 5, x.var(1, false).item(), 1e-5);
      assertEquals(Math.sqrt(17.5 / 6), x.std(0, false).item(), 1e-5);
    }
  }

  @Test
  void overDimensions() {
    try (var _ = TensorScope.open()) {
      Tensor x = x();
      assertClose(new double[] {5, 7, 9}, x.sum(false, 0));
      assertClose(new double[] {3, 4}, x.mean(false, 1));
      assertClose(new double[] {5, 6}, x.amax(false, -1));
      assertClose(new double[] {1, 2, 3}, x.amin(false, 0));
      assertClose(new double[] {4, 4}, x.var(1, 1, false));
      assertClose(new double[] {2, 2}, x.std(1, 1, false));
      assertClose(new double[] {Math.sqrt(35), Math.sqrt(56)}, x.norm(2, false, 1));
      assertClose(new double[] {21}, x.sum(false, 0, 1));
    }
  }

  @Test
  void keepdimKeepsDimensions() {
    try (var _ = TensorScope.open()) {
      Tensor x = x();
      assertArrayEquals(new long[] {2, 1}, x.sum(true, 1).shape());
      assertArrayEquals(new long[] {1, 1}, x.mean(true, 0, 1).shape());
      assertArrayEquals(new long[] {1, 1}, x.amax(true).shape());
      assertArrayEquals(new long[] {2, 1}, x.std(1, 0, true).shape());
      assertArrayEquals(new long[] {2, 1}, x.argmax(1, true).shape());
      assertArrayEquals(new long[] {2, 1}, x.logsumexp(true, 1).shape());
    }
  }

  @Test
  void integersSumToInt64AndHaveNoMean() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.UINT8, 300);
      assertEquals(DType.INT64, x.sum().dtype());
      assertEquals(300, x.sum().itemLong());
      assertEquals(3, Tensor.ones(DType.BOOL, 3).sum().itemLong());
      assertThrows(TorchException.class, x::mean);
    }
  }

  @Test
  void softmaxAndLogsumexpDoNotOverflow() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1000, 1000, 0, Math.nextDown(0f)}, 2, 2);
      double log2 = Math.log(2);
      assertClose(new double[] {0.5, 0.5, 0.5, 0.5}, x.softmax(1));
      assertClose(new double[] {-log2, -log2, -log2, -log2}, x.logSoftmax(1));
      assertClose(new double[] {1000 + log2, log2}, x.logsumexp(false, 1));
    }
  }

  @Test
  void positions() {
    try (var _ = TensorScope.open()) {
      Tensor x = x();
      assertArrayEquals(new long[] {1, 2}, x.argmax(1, false).toLongArray());
      assertArrayEquals(new long[] {0, 1, 0}, x.argmin(0, false).toLongArray());
      TopK largest = x.topk(2, 1, true, true);
      assertClose(new double[] {5, 3, 6, 4}, largest.values());
      assertArrayEquals(new long[] {1, 2, 2, 0}, largest.indices().toLongArray());
      TopK smallest = x.topk(1, 1, false, true);
      assertClose(new double[] {1, 2}, smallest.values());
      TopK sorted = x.sort(1, true);
      assertClose(new double[] {5, 3, 1, 6, 4, 2}, sorted.values());
      assertArrayEquals(new long[] {1, 2, 0, 2, 0, 1}, sorted.indices().toLongArray());
      assertThrows(TorchException.class, () -> x.topk(4, 1, true, true));
    }
  }

  @Test
  void sortingKeepsEqualElementsInOrder() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {2, 1, 2, 1}, 4);
      assertArrayEquals(new long[] {1, 3, 0, 2}, x.sort(0, false).indices().toLongArray());
      assertArrayEquals(new long[] {0, 2, 1, 3}, x.sort(0, true).indices().toLongArray());
    }
  }

  @Test
  void scansAndTruth() {
    try (var _ = TensorScope.open()) {
      Tensor x = x();
      assertClose(new double[] {1, 6, 9, 4, 6, 12}, x.cumsum(1));
      assertEquals(1, x.all().itemLong());
      assertEquals(0, x.gt(1).all().itemLong());
      assertEquals(1, x.gt(5).any().itemLong());
      assertEquals(0, x.gt(6).any().itemLong());
      assertEquals(DType.BOOL, x.any().dtype());
    }
  }
}
