package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;

@ExtendWith(LeakCheck.class)
class CudaTest {

  private static final Device GPU = Device.cuda(0);

  @Test
  void theAnswersAboutAvailabilityAgree() {
    assertEquals(Cuda.isAvailable(), Cuda.deviceCount() > 0);
    assertEquals(Cuda.isAvailable(), Torch.cudaAvailable());
  }

  @Test
  void withoutAGpuEverythingElseIsUnsupported() {
    assumeFalse(Cuda.isAvailable(), "needs a machine without a GPU");
    assertFalse(Cuda.isLoaded());
    Executable[] calls = {
      () -> Cuda.describe(GPU),
      () -> Cuda.setDevice(GPU),
      () -> Cuda.synchronize(GPU),
      () -> Cuda.memoryStatistics(GPU),
      () -> Cuda.resetPeakMemory(GPU),
      Cuda::emptyCache,
      () -> Cuda.setMemoryFraction(GPU, 0.5),
      () -> CudaStream.create(GPU, false),
      () -> CudaStream.current(GPU)
    };
    for (int i = 0; i < calls.length; i++) {
      TorchException e = assertThrows(TorchException.class, calls[i], "call " + i);
      assertEquals(TorchException.Kind.UNSUPPORTED, e.kind(), e.getMessage());
    }
  }

  @Test
  void aGpuDescribesItselfAndCountsItsMemory() {
    assumeTrue(Cuda.isLoaded(), "needs a GPU");
    CudaDeviceInfo info = Cuda.describe(GPU);
    assertTrue(info.computeMajor() >= 3 && info.multiprocessors() > 0, info.toString());
    Cuda.emptyCache();
    Cuda.resetPeakMemory(GPU);
    CudaMemoryStats before = Cuda.memoryStatistics(GPU);
    assertEquals(info.totalMemoryBytes(), before.deviceTotal(), 0.05 * info.totalMemoryBytes());
    long bytes = 64L << 20;
    try (var _ = TensorScope.open();
        CudaStream stream = CudaStream.create(GPU, false);
        CudaStream usual = CudaStream.current(GPU)) {
      Tensor x = Tensor.ones(DType.FLOAT32, GPU, bytes / 4);
      assertEquals(before.allocated() + bytes, Cuda.memoryStatistics(GPU).allocated());
      stream.waitFor(usual);
      stream.makeCurrent();
      try {
        stream.record(x);
        x.add_(1);
      } finally {
        usual.makeCurrent();
      }
      stream.synchronize();
      assertEquals(2, x.max().item());
      Cuda.synchronize(GPU);
    }
    assertTrue(Cuda.memoryStatistics(GPU).allocatedPeak() >= before.allocated() + bytes);
  }

  @Test
  void argumentsAreChecked() {
    var e = assertThrows(IllegalArgumentException.class, () -> Cuda.describe(Device.CPU));
    assertEquals("device: cpu, must be a CUDA device", e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> CudaStream.create(Device.CPU, true));
    for (double fraction : new double[] {0, -0.5, 1.5, Double.NaN}) {
      e = assertThrows(IllegalArgumentException.class, () -> Cuda.setMemoryFraction(GPU, fraction));
      assertTrue(e.getMessage().startsWith("fraction: " + fraction), e.getMessage());
    }
  }
}
