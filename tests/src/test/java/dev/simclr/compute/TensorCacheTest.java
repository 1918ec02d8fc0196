package dev.simclr.compute;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.torch.CpuAllocator;
import dev.simclr.torch.CpuAllocatorStats;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.train.Pretrainer;
import dev.simclr.train.ProgressListener;
import dev.simclr.train.StepProgress;
import dev.simclr.train.TinyRuns;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TensorCacheTest {
  private static final long MIB = 1 << 20;

  @TempDir Path directory;

  @BeforeEach
  @AfterEach
  void switchOff() {
    CpuAllocator.disable();
  }

  private static void useAndFree() {
    try (var _ = TensorScope.open()) {
      assertEquals(1, Tensor.ones(DType.UINT8, 4 * MIB).max().itemLong());
    }
  }

  @Test
  void keepsMemoryWhileItIsOpen() {
    try (var _ = TensorCache.open(Device.CPU, 8 * MIB)) {
      useAndFree();
      CpuAllocatorStats open = CpuAllocator.statistics();
      assertEquals(8 * MIB, open.cachedLimitBytes());
      assertTrue(open.cachedBytes() >= 4 * MIB, open.toString());
    }
    assertFalse(CpuAllocator.statistics().enabled());
    assertEquals(0, CpuAllocator.statistics().cachedBytes());
  }

  @Test
  void leavesAnotherChoiceAlone() {
    CpuAllocator.enable(16 * MIB);
    try (var _ = TensorCache.open(Device.CPU, 8 * MIB)) {
      useAndFree();
    }
    CpuAllocatorStats after = CpuAllocator.statistics();
    assertTrue(after.enabled());
    assertEquals(16 * MIB, after.cachedLimitBytes());
    assertTrue(after.cachedBytes() >= 4 * MIB, after.toString());
  }

  @Test
  void theLastOneGivesItBack() {
    TensorCache first = TensorCache.open(Device.CPU, 8 * MIB);
    TensorCache second = TensorCache.open(Device.CPU);
    assertEquals(8 * MIB, CpuAllocator.statistics().cachedLimitBytes(), "the first one's limit");
    first.close();
    first.close();
    useAndFree();
    assertTrue(CpuAllocator.statistics().cachedBytes() >= 4 * MIB, "the second one is open");
    second.close();
    assertFalse(CpuAllocator.statistics().enabled());
    try (var _ = TensorCache.open(Device.CPU)) {
      assertTrue(CpuAllocator.statistics().enabled(), "and the next one begins anew");
    }
  }

  @Test
  void gpusHaveTheirOwn() {
    try (var _ = TensorCache.open(Device.cuda(0), 8 * MIB)) {
      assertFalse(CpuAllocator.statistics().enabled());
    }
  }

  @Test
  void isOpenDuringTraining() {
    List<CpuAllocatorStats> seen = new ArrayList<>();
    Pretrainer.of(TinyRuns.config())
        .folder(directory.resolve("run"))
        .trainImages(TinyRuns.trainImages())
        .testImages(TinyRuns.testImages())
        .listener(
            new ProgressListener() {
              @Override
              public void stepped(StepProgress progress) {
                seen.add(CpuAllocator.statistics());
              }
            })
        .run();
    assertFalse(seen.isEmpty());
    assertTrue(seen.stream().allMatch(CpuAllocatorStats::enabled));
    assertTrue(seen.getFirst().cachedLimitBytes() > 0);
    assertFalse(CpuAllocator.statistics().enabled());
  }
}
