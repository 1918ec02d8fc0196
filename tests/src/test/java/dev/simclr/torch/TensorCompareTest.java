package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class TensorCompareTest {

  private static void assertTruth(String expected, Tensor actual) {
    assertEquals(DType.BOOL, actual.dtype());
    int[] truths = expected.chars().map(c -> c - '0').toArray();
    assertArrayEquals(truths, actual.toIntArray());
  }

  @Test
  void comparisons() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3}, 3);
      Tensor y = Tensor.of(new float[] {3, 2, 1}, 3);
      assertTruth("010", x.eq(y));
      assertTruth("101", x.ne(y));
      assertTruth("100", x.lt(y));
      assertTruth("110", x.le(y));
      assertTruth("001", x.gt(y));
      assertTruth("011", x.ge(y));
      assertTruth("010", x.eq(2));
      assertTruth("101", x.ne(2));
      assertTruth("100", x.lt(2));
      assertTruth("110", x.le(2));
      assertTruth("001", x.gt(2));
      assertTruth("011", x.ge(2));
    }
  }

  @Test
  void logic() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {0, 1, 2}, 3);
      Tensor y = Tensor.of(new float[] {0, 0, 3}, 3);
      assertTruth("100", x.logicalNot());
      assertTruth("001", x.logicalAnd(y));
      assertTruth("011", x.logicalOr(y));
    }
  }

  @Test
  void specialNumbers() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1, Float.NaN, Float.POSITIVE_INFINITY}, 3);
      assertTruth("100", x.isfinite());
      assertTruth("010", x.isnan());
      assertFalse(x.equal(x));
    }
  }

  @Test
  void wholeTensors() {
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.of(new float[] {1, 100}, 2);
      Tensor y = Tensor.of(new float[] {1.001f, 100.5f}, 2);
      assertTrue(x.equal(x.copy()));
      assertFalse(x.equal(y));
      assertFalse(x.equal(x.view(1, 2)));
      assertTrue(x.allclose(y, 0.01, 0));
      assertFalse(x.allclose(y, 0.001, 0.01));
    }
  }
}
