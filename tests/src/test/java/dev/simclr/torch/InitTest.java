package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class InitTest {

  private static float[] normal(long seed) {
    return Init.normal_(Tensor.empty(DType.FLOAT32, 1000), 1, 2, seed).toFloatArray();
  }

  @Test
  void theSeedAloneDecides() {
    try (var _ = TensorScope.open()) {
      float[] first = normal(42);
      Torch.manualSeed(7);
      normal(1);
      assertArrayEquals(first, normal(42));
      assertNotEquals(first[0], normal(43)[0]);
      assertNotEquals(first[0], normal(-42)[0]);
    }
  }

  @Test
  void globalStateIsLeftAlone() {
    try (var _ = TensorScope.open()) {
      Op rand = Op.find("aten::rand", "");
      Torch.manualSeed(5);
      double expected = ((Tensor) rand.call(new long[] {1}).getFirst()).item();
      Torch.manualSeed(5);
      normal(1);
      Init.randperm(10, 3);
      assertEquals(expected, ((Tensor) rand.call(new long[] {1}).getFirst()).item());
    }
  }

  @Test
  void distributions() {
    try (var _ = TensorScope.open()) {
      int n = 100_000;
      Tensor normal = Init.normal_(Tensor.empty(DType.FLOAT64, n), 1, 2, 3);
      // Five standard errors.
      assertEquals(1, normal.mean().item(), 5 * 2 / Math.sqrt(n));
      assertEquals(2, normal.std(1, false).item(), 5 * 2 / Math.sqrt(2.0 * n));
      Tensor uniform = Init.uniform_(Tensor.empty(DType.FLOAT64, n), -1, 3, 3);
      assertEquals(1, uniform.mean().item(), 5 * 4 / Math.sqrt(12.0 * n));
      assertTrue(uniform.min().item() >= -1 && uniform.max().item() < 3);
    }
  }

  @Test
  void permutations() {
    try (var _ = TensorScope.open()) {
      long[] permutation = Init.randperm(100, 9).toLongArray();
      assertArrayEquals(permutation, Init.randperm(100, 9).toLongArray());
      Arrays.sort(permutation);
      for (int i = 0; i < permutation.length; i++) {
        assertEquals(i, permutation[i]);
      }
    }
  }

  @Test
  void argumentsAreChecked() {
    try (var _ = TensorScope.open()) {
      Tensor t = Tensor.zeros(DType.FLOAT32, 1);
      assertThrows(IllegalArgumentException.class, () -> Init.normal_(t, 0, -1, 0));
      assertThrows(IllegalArgumentException.class, () -> Init.normal_(t, 0, Double.NaN, 0));
      assertThrows(IllegalArgumentException.class, () -> Init.uniform_(t, 1, 0, 0));
      assertEquals(0, t.item());
    }
  }
}
