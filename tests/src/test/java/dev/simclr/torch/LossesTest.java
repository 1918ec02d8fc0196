package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The call and its results; value and gradient are tested with the loss of the library. */
@ExtendWith(LeakCheck.class)
class LossesTest {

  @Test
  void collapseHasAClosedForm() {
    try (var _ = TensorScope.open()) {
      int n = 4;
      Tensor z = Tensor.ones(DType.FLOAT32, 2 * n, 3).requiresGrad(true);
      NtXentResult result = Losses.ntXent(z, 0.5);
      assertEquals(Math.log(2 * n - 1), result.loss().item(), 1e-5);
      assertEquals(0, result.accuracy().item());
      assertEquals(Math.log(n), result.entropy().item(), 1e-5);
      assertTrue(result.loss().requiresGrad());
      assertFalse(result.accuracy().requiresGrad());
      assertFalse(result.entropy().requiresGrad());
      result.loss().backward();
      assertEquals(0, z.grad().orElseThrow().abs().max().item(), 1e-6);
    }
  }

  @Test
  void resultsAreFloat32WhateverTheInput() {
    try (var _ = TensorScope.open();
        var _ = Autocast.bf16()) {
      Tensor z = Init.normal_(Tensor.empty(DType.FLOAT32, 8, 3), 0, 1, 1);
      NtXentResult full = Losses.ntXent(z, 0.5);
      NtXentResult half = Losses.ntXent(z.to(DType.BFLOAT16), 0.5);
      assertEquals(DType.FLOAT32, full.loss().dtype());
      assertEquals(DType.FLOAT32, half.loss().dtype());
      assertEquals(full.loss().item(), half.loss().item(), 0.02);
      assertEquals(DType.FLOAT64, Losses.ntXent(z.to(DType.FLOAT64), 0.5).loss().dtype());
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void temperatureMustBePositive(double temperature) {
    try (var _ = TensorScope.open()) {
      Tensor z = Tensor.ones(DType.FLOAT32, 4, 3);
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> Losses.ntXent(z, temperature));
      assertTrue(e.getMessage().contains("temperature: " + temperature), e.getMessage());
    }
  }

  @Test
  void shapesAreChecked() {
    try (var _ = TensorScope.open()) {
      for (long[] shape : new long[][] {{3, 2}, {0, 2}, {4}, {2, 2, 2}}) {
        Tensor z = Tensor.ones(DType.FLOAT32, shape);
        TorchException e = assertThrows(TorchException.class, () -> Losses.ntXent(z, 1));
        assertEquals(TorchException.Kind.SHAPE, e.kind(), e.getMessage());
      }
    }
  }
}
