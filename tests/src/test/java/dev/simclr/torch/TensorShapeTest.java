package dev.simclr.torch;

import static dev.simclr.torch.Closeness.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class TensorShapeTest {

  /** [[0, 1, 2], [3, 4, 5]]. */
  private static Tensor x() {
    return Tensor.arange(6, DType.FLOAT32).view(2, 3);
  }

  @Test
  void viewsShareStorage() {
    try (var _ = TensorScope.open()) {
      Tensor x = x();
      List<Tensor> views =
          List.of(
              x.view(3, -1),
              x.reshape(6),
              x.permute(1, 0),
              x.transpose(0, 1),
              x.t(),
              x.flatten(0, -1),
              x.unsqueeze(0),
              x.unsqueeze(0).squeeze(),
              x.unsqueeze(1).expand(2, 4, 3),
              x.narrow(1, 0, 2),
              x.select(0, 0),
              x.slice(1, 0, 3, 2),
              x.diagonal(),
              x.chunk(2, 0).getFirst());
      x.fill_(7);
      for (Tensor view : views) {
        assertEquals(7, view.min().item(), view.toString());
      }
    }
  }

  @Test
  void whereTheElementsGo() {
    try (var _ = TensorScope.open()) {
      Tensor x = x();
      assertClose(new double[] {0, 3, 1, 4, 2, 5}, x.permute(1, 0));
      assertClose(new double[] {0, 3, 1, 4, 2, 5}, x.transpose(-1, -2));
      assertClose(new double[] {1, 2, 4, 5}, x.narrow(1, 1, 2));
      assertClose(new double[] {2, 5}, x.select(1, -1));
      assertClose(new double[] {0, 2, 3, 5}, x.slice(1, 0, 100, 2));
      assertClose(new double[] {2, 1, 0, 5, 4, 3}, x.flip(1));
      assertClose(new double[] {5, 4, 3, 2, 1, 0}, x.flip(0, 1));
      assertClose(new double[] {0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5}, x.repeat(1, 2));
      assertClose(new double[] {0, 4}, x.diagonal());
    }
  }

  @Test
  void shapes() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.zeros(DType.FLOAT32, 2, 1, 3, 1);
      assertArrayEquals(new long[] {2, 3}, x.squeeze().shape());
      assertArrayEquals(new long[] {2, 3, 1}, x.squeeze(1).shape());
      assertArrayEquals(new long[] {2, 1, 3}, x.squeeze(-1, 0).shape());
      assertArrayEquals(new long[] {2, 1, 3, 1, 1}, x.unsqueeze(-1).shape());
      assertArrayEquals(new long[] {2, 3, 1}, x.flatten(1, 2).shape());
      assertArrayEquals(new long[] {2, 5, 3, 1}, x.expand(-1, 5, -1, -1).shape());
    }
  }

  @Test
  void chunksAreEqualButForTheLast() {
    try (var _ = TensorScope.open()) {
      List<Tensor> parts = Tensor.arange(7, DType.INT64).chunk(3, 0);
      assertEquals(3, parts.size());
      assertArrayEquals(new long[] {0, 1, 2}, parts.get(0).toLongArray());
      assertArrayEquals(new long[] {6}, parts.get(2).toLongArray());
      assertEquals(2, Tensor.arange(4, DType.INT64).chunk(3, 0).size());
      assertThrows(IllegalArgumentException.class, () -> x().chunk(0, 0));
    }
  }

  @Test
  void impossibleViewsAreErrors() {
    try (var _ = TensorScope.open()) {
      Tensor x = x();
      TorchException e = assertThrows(TorchException.class, () -> x.view(4));
      assertEquals(TorchException.Kind.SHAPE, e.kind());
      assertThrows(TorchException.class, () -> x.t().view(6));
      assertClose(new double[] {0, 3, 1, 4, 2, 5}, x.t().reshape(6));
      assertThrows(TorchException.class, () -> x.permute(0, 0));
      assertThrows(TorchException.class, () -> x.select(0, 2));
    }
  }
}
