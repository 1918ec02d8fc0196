package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class CpuAllocatorTest {

  private static final long MIB = 1 << 20;

  private CpuAllocatorStats before;

  @BeforeEach
  void remember() {
    before = CpuAllocator.statistics();
  }

  @AfterEach
  void restore() {
    if (before.enabled()) {
      CpuAllocator.enable(before.cachedLimitBytes());
    } else {
      CpuAllocator.disable();
    }
  }

  private static void useAndFree(long bytes) {
    try (var _ = TensorScope.open()) {
      assertEquals(0, Tensor.zeros(DType.UINT8, bytes).max().itemLong());
    }
  }

  @Test
  void freedBlocksAreUsedAgain() {
    CpuAllocator.disable();
    CpuAllocator.enable(64 * MIB);
    useAndFree(4 * MIB);
    CpuAllocatorStats filled = CpuAllocator.statistics();
    assertTrue(filled.enabled());
    assertTrue(filled.cachedBytes() >= 4 * MIB, filled.toString());
    useAndFree(4 * MIB);
    CpuAllocatorStats used = CpuAllocator.statistics();
    assertTrue(used.hits() > filled.hits(), used.toString());
    assertEquals(filled.misses(), used.misses());
    CpuAllocator.trim(0);
    assertEquals(0, CpuAllocator.statistics().cachedBytes());
  }

  @Test
  void theCacheIsBounded() {
    CpuAllocator.disable();
    CpuAllocator.enable(8 * MIB);
    for (long size = 2; size <= 16; size++) {
      useAndFree(size * MIB);
      assertTrue(CpuAllocator.statistics().cachedBytes() <= 8 * MIB);
    }
  }

  @Test
  void switchingOffEmptiesTheCache() {
    CpuAllocator.enable(64 * MIB);
    useAndFree(4 * MIB);
    CpuAllocator.disable();
    assertFalse(CpuAllocator.statistics().enabled());
    assertEquals(0, CpuAllocator.statistics().cachedBytes());
  }

  @Test
  void tensorsSurviveTheSwitch() {
    CpuAllocator.enable(64 * MIB);
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.UINT8, 2 * MIB);
      CpuAllocator.disable();
      Tensor b = Tensor.ones(DType.UINT8, 2 * MIB);
      CpuAllocator.enable(64 * MIB);
      assertEquals(4 * MIB, a.sum().itemLong() + b.sum().itemLong());
    }
  }

  /** oneDNN asks for bare pointers, which an allocator need not offer, and aborts without them. */
  @Test
  void bfloat16ProductsWork() {
    CpuAllocator.enable(64 * MIB);
    try (var _ = TensorScope.open()) {
      Tensor x = Tensor.ones(DType.BFLOAT16, 8, 16_384);
      Tensor w = Tensor.ones(DType.BFLOAT16, 4, 16_384);
      assertEquals(16_384, x.linear(w).max().item());
      CpuAllocator.disable();
      assertEquals(16_384, x.linear(w).max().item());
    }
  }

  @Test
  void limitsAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> CpuAllocator.enable(-1));
    assertThrows(IllegalArgumentException.class, () -> CpuAllocator.trim(-1));
  }
}
