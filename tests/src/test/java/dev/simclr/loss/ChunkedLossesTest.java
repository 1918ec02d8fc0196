package dev.simclr.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.torch.DType;
import dev.simclr.torch.Init;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two implementations of a loss agree where they need several chunks: the kernel of float32 on the
 * CPU, and the operations of libtorch that compute float64, and everything on a GPU.
 */
@ExtendWith(LeakCheck.class)
final class ChunkedLossesTest {
  private static final int DIM = 40;

  private static void assertSame(int rows, UnaryOperator<Tensor> loss) {
    try (var _ = TensorScope.open()) {
      Tensor values = Init.normal_(Tensor.empty(DType.FLOAT32, rows, DIM), 0, 2, 5);
      Tensor single = values.detach().requiresGrad(true);
      Tensor wide = values.to(DType.FLOAT64).requiresGrad(true);
      Tensor a = loss.apply(single);
      Tensor b = loss.apply(wide);
      assertEquals(DType.FLOAT64, b.dtype());
      assertEquals(b.item(), a.item(), 1e-5);
      a.backward();
      b.backward();
      Tensor exact = wide.grad().orElseThrow();
      double error = single.grad().orElseThrow().to(DType.FLOAT64).sub(exact).norm().item();
      assertTrue(error < 2e-5 * exact.norm().item(), "gradient off by " + error);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1024, 1026, 1500, 3000})
  void ntXent(int rows) {
    assertSame(rows, z -> new NtXent(0.1).forward(z).loss());
  }

  @ParameterizedTest
  @ValueSource(ints = {1024, 1026, 1500, 3000})
  void dcl(int rows) {
    assertSame(rows, z -> new Dcl(0.1).forward(z).loss());
  }

  @ParameterizedTest
  @ValueSource(ints = {1024, 1500, 3000})
  void supCon(int rows) {
    // Classes of several sizes, one row of each of the last without a positive.
    long[] labels = LongStream.range(0, rows).map(i -> i < rows - 3 ? i * i % 17 : i).toArray();
    assertSame(rows, z -> new SupCon(0.1).forward(z, Tensor.of(labels, labels.length)).loss());
  }

  @Test
  void accuracyAndEntropy() {
    try (var _ = TensorScope.open()) {
      Tensor images = Init.normal_(Tensor.empty(DType.FLOAT32, 1, 900, DIM), 0, 1, 6);
      Tensor noise = Init.normal_(Tensor.empty(DType.FLOAT32, 2, 900, DIM), 0, 1, 7);
      Tensor z = images.add(noise).reshape(1800, DIM);
      NtXent.Result single = new NtXent(0.3).forward(z);
      NtXent.Result wide = new NtXent(0.3).forward(z.to(DType.FLOAT64));
      double accuracy = wide.accuracy().item();
      assertTrue(accuracy > 0.05 && accuracy < 0.95, "accuracy " + accuracy);
      assertEquals(accuracy, single.accuracy().item(), 1e-6);
      assertEquals(wide.entropy().item(), single.entropy().item(), 1e-5);
    }
  }
}
