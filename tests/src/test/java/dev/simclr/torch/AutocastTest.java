package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class AutocastTest {

  private static Tensor weight() {
    // Whole numbers, so that 16 bits hold them and products are exact.
    return Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).requiresGrad(true);
  }

  private static Tensor input() {
    return Tensor.eye(2, DType.FLOAT32);
  }

  private static float[] product(Tensor w) {
    try (var _ = TensorScope.open()) {
      Tensor y = input().matmul(w);
      assertEquals(DType.BFLOAT16, y.dtype(), "autocast is on");
      return y.to(DType.FLOAT32).toFloatArray();
    }
  }

  @Test
  void regionsNestAndRestoreWhatWas() {
    try (var _ = TensorScope.open()) {
      Tensor x = input();
      assertEquals(DType.FLOAT32, x.matmul(x).dtype());
      try (var _ = Autocast.bf16()) {
        assertEquals(DType.BFLOAT16, x.matmul(x).dtype());
        try (var _ = Autocast.disabled(Device.CPU)) {
          assertEquals(DType.FLOAT32, x.matmul(x).dtype());
          try (var _ = Autocast.enter(Device.CPU, DType.FLOAT16)) {
            assertEquals(DType.FLOAT16, x.matmul(x).dtype());
          }
          assertEquals(DType.FLOAT32, x.matmul(x).dtype());
        }
        assertEquals(DType.BFLOAT16, x.matmul(x).dtype());
        assertEquals(DType.FLOAT32, x.add(x).dtype(), "sums are left alone");
      }
      assertEquals(DType.FLOAT32, x.matmul(x).dtype());
    }
  }

  @Test
  void productsAreRoundedTo16Bits() {
    try (var _ = TensorScope.open();
        var _ = Autocast.bf16()) {
      // 1 + 2^-9 is not a bfloat16; it rounds to 1.
      Tensor x = Tensor.full(1 + 1.0 / 512, DType.FLOAT32, 1, 1);
      assertEquals(1, x.matmul(x).item());
    }
  }

  /**
   * The cache holds on to converted weights: that is what makes clearing it necessary, and what the
   * three tests after this one would miss if it were off.
   */
  @Test
  void convertedWeightsAreCachedWithinARegion() {
    try (var _ = TensorScope.open();
        var _ = Autocast.bf16()) {
      Tensor w = weight();
      assertArrayEquals(new float[] {1, 2, 3, 4}, product(w));
      w.detach().mul_(10);
      assertArrayEquals(new float[] {1, 2, 3, 4}, product(w), "the documented stale copy");
      Autocast.clearCache();
      assertArrayEquals(new float[] {10, 20, 30, 40}, product(w));
      assertTrue(Autocast.setCacheEnabled(false));
      try {
        w.detach().mul_(2);
        Autocast.clearCache();
        assertArrayEquals(new float[] {20, 40, 60, 80}, product(w));
        w.detach().mul_(2);
        assertArrayEquals(new float[] {40, 80, 120, 160}, product(w), "no cache, no stale copy");
      } finally {
        assertFalse(Autocast.setCacheEnabled(true));
      }
    }
  }

  @Test
  void aWeightChangedBetweenTwoRegionsIsSeen() {
    try (var _ = TensorScope.open()) {
      Tensor w = weight();
      try (var _ = Autocast.bf16()) {
        assertArrayEquals(new float[] {1, 2, 3, 4}, product(w));
      }
      w.detach().mul_(10);
      try (var _ = Autocast.bf16()) {
        assertArrayEquals(new float[] {10, 20, 30, 40}, product(w));
      }
    }
  }

  /** Only the outermost exit clears: an inner one must not, nor end the outer region. */
  @Test
  void nestingIsCounted() {
    try (var _ = TensorScope.open()) {
      Tensor w = weight();
      try (var _ = Autocast.bf16()) {
        assertArrayEquals(new float[] {1, 2, 3, 4}, product(w));
        w.detach().mul_(10);
        try (var _ = Autocast.bf16()) {
          assertArrayEquals(new float[] {1, 2, 3, 4}, product(w));
        }
        try (var _ = Autocast.disabled(Device.CPU)) {
          assertArrayEquals(
              new float[] {10, 20, 30, 40}, input().matmul(w).detach().toFloatArray());
        }
        assertArrayEquals(new float[] {1, 2, 3, 4}, product(w), "still in the outermost region");
      }
      try (var _ = Autocast.bf16()) {
        assertArrayEquals(new float[] {10, 20, 30, 40}, product(w));
      }
    }
  }

  @Test
  void everyStepOfAnOptimizerClearsTheCache() {
    try (var _ = TensorScope.open();
        var _ = Autocast.bf16()) {
      for (int optimizer = 0; optimizer < 4; optimizer++) {
        Tensor w = weight();
        TensorList params = TensorList.of(List.of(w));
        TensorList first = TensorList.of(List.of(w.detach().zerosLike()));
        TensorList second = TensorList.of(List.of(w.detach().zerosLike()));
        OptimGroups groups = OptimGroups.all(params, 0, false);
        Tensor lr = Tensor.full(64, DType.FLOAT32);
        assertArrayEquals(new float[] {1, 2, 3, 4}, product(w));
        w.setGrad(Tensor.full(-1, DType.FLOAT32, 2, 2));
        switch (optimizer) {
          case 0 -> Optim.sgdStep(params, first, groups, lr, 0.9, false);
          case 1 -> Optim.larsStep(params, first, groups, lr, 0.9, 1, false);
          case 2 -> Optim.adamwStep(params, first, second, groups, 1, lr, 0.9, 0.999, 1e-8);
          default -> {
            w.detach().add_(64);
            Optim.emaUpdate(first, params, 0.9);
          }
        }
        float[] after = product(w);
        assertEquals(65, after[0], 0.5, "optimizer " + optimizer);
        assertEquals(68, after[3], 0.5, "optimizer " + optimizer);
      }
    }
  }

  /** A step may fail after weights have changed. */
  @Test
  void aStepThatFailsClearsTheCacheToo() {
    try (var _ = TensorScope.open();
        var _ = Autocast.bf16()) {
      Tensor w = weight();
      w.setGrad(Tensor.ones(DType.FLOAT32, 2, 2));
      TensorList params = TensorList.of(List.of(w));
      TensorList good = TensorList.of(List.of(w.detach().zerosLike()));
      // Nothing can be written to elements that share memory.
      TensorList bad = TensorList.of(List.of(Tensor.zeros(DType.FLOAT32, 1, 1).expand(2, 2)));
      assertArrayEquals(new float[] {1, 2, 3, 4}, product(w));
      OptimGroups groups = OptimGroups.all(params, 1, false);
      Tensor lr = Tensor.full(0.5, DType.FLOAT32);
      assertThrows(
          TorchException.class,
          () -> Optim.adamwStep(params, bad, good, groups, 1, lr, 0.9, 0.999, 1e-8));
      float[] decayed = {0.5f, 1, 1.5f, 2};
      assertArrayEquals(decayed, w.detach().toFloatArray(), "the weight decay comes first");
      assertArrayEquals(decayed, product(w));
    }
  }

  @Test
  void gradientsArriveInTheTypeOfTheirWeights() {
    try (var _ = TensorScope.open()) {
      Tensor w = weight();
      Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
      Tensor loss;
      try (var _ = Autocast.bf16()) {
        loss = x.matmul(w).to(DType.FLOAT32).sum();
      }
      loss.backward();
      Tensor gradient = w.grad().orElseThrow();
      assertEquals(DType.FLOAT32, gradient.dtype());
      assertArrayEquals(new float[] {4, 4, 6, 6}, gradient.toFloatArray());
    }
  }

  /** Similarities that bfloat16 cannot tell apart must decide the loss all the same. */
  @Test
  void ntXentIsExcluded() {
    try (var _ = TensorScope.open()) {
      Tensor z = Init.normal_(Tensor.empty(DType.FLOAT32, 16, 8), 0, 1, 3);
      double plain = Losses.ntXent(z, 0.05).loss().item();
      double rounded = Losses.ntXent(z.to(DType.BFLOAT16), 0.05).loss().item();
      assertNotEquals(plain, rounded, "rounding would show");
      try (var _ = Autocast.bf16()) {
        assertEquals(plain, Losses.ntXent(z, 0.05).loss().item());
      }
    }
  }

  @Test
  void onlySixteenBitTypesAreAllowed() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.INT8)) {
      var e = assertThrows(IllegalArgumentException.class, () -> Autocast.enter(Device.CPU, dtype));
      assertEquals("dtype: " + dtype + ", must be bfloat16 or float16", e.getMessage());
    }
  }
}
