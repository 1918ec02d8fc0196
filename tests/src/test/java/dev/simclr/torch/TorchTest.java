package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class TorchTest {

  @Test
  void factsOfTheBuild() {
    assertTrue(Torch.version().matches("2\\.1[1-4]\\.[0-9]+"), Torch.version());
    assertTrue(Torch.buildInfo().contains(Torch.version()), Torch.buildInfo());
    assertTrue(Torch.loadTrace().contains("libtorch_cpu.so"), Torch.loadTrace());
    assertEquals(Torch.cudaAvailable(), Cuda.isAvailable());
  }

  @Test
  void whatTheProcessorCan() {
    CpuCapability cpu = Torch.cpu();
    assertTrue(Set.of("DEFAULT", "AVX2", "AVX512").contains(cpu.libtorchKernels()), cpu.toString());
    // libtorch uses AVX-512 only where we see it too.
    assertTrue(cpu.avx512() || !cpu.libtorchKernels().equals("AVX512"), cpu.toString());
    assertTrue(cpu.avx512() || !cpu.avx512Bf16() && !cpu.avx512Vbmi(), cpu.toString());
    assertEquals(cpu.avx512Bf16() || cpu.amxBf16(), cpu.fastBfloat16());
  }

  @Test
  void determinismIsASwitch() {
    boolean before = Torch.deterministic();
    try {
      Torch.setDeterministic(true);
      assertTrue(Torch.deterministic());
      Torch.setDeterministic(false);
      assertEquals(false, Torch.deterministic());
    } finally {
      Torch.setDeterministic(before);
    }
  }

  /** On a thread of its own, whose team it belongs to. */
  @Test
  void threadCountsAreSetAndUsed() throws InterruptedException {
    AtomicReference<List<Integer>> seen = new AtomicReference<>();
    Thread thread =
        new Thread(() -> {
          int before = Torch.numThreads();
          try {
            Torch.setNumThreads(2);
            int two = Torch.parallelWidth();
            int told = Torch.numThreads();
            Torch.setNumThreads(1);
            seen.set(List.of(told, two, Torch.numThreads(), Torch.parallelWidth()));
          } finally {
            Torch.setNumThreads(before);
          }
        });
    thread.start();
    thread.join();
    assertEquals(List.of(2, 2, 1, 1), seen.get());
    assertTrue(Torch.numInteropThreads() >= 1);
    for (int threads : new int[] {0, -3}) {
      var e = assertThrows(IllegalArgumentException.class, () -> Torch.setNumThreads(threads));
      assertEquals("threads: " + threads + ", must be at least 1", e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> Torch.setNumInteropThreads(threads));
    }
  }

  @Test
  void aSeedMakesLibtorchsOwnGeneratorsRepeat() {
    try (var _ = TensorScope.open()) {
      Op rand = Op.find("aten::rand", "");
      Torch.manualSeed(11);
      float[] first = ((Tensor) rand.call(new long[] {100}).getFirst()).toFloatArray();
      float[] next = ((Tensor) rand.call(new long[] {100}).getFirst()).toFloatArray();
      Torch.manualSeed(11);
      assertArrayEquals(first, ((Tensor) rand.call(new long[] {100}).getFirst()).toFloatArray());
      assertFalse(Arrays.equals(first, next));
      Torch.manualSeed(12);
      assertFalse(
          Arrays.equals(first, ((Tensor) rand.call(new long[] {100}).getFirst()).toFloatArray()));
    }
  }

  @Test
  void whatIsNotDeterministicFailsWhereThatIsAskedFor() {
    boolean before = Torch.deterministic();
    try (var _ = TensorScope.open()) {
      Op put = Op.find("aten::put", "");
      Tensor x = Tensor.zeros(DType.FLOAT32, 3);
      Tensor index = Tensor.of(new long[] {1, 1}, 2);
      Tensor source = Tensor.of(new float[] {5, 5}, 2);
      Torch.setDeterministic(false);
      put.call(x, index, source);
      Torch.setDeterministic(true);
      TorchException e = assertThrows(TorchException.class, () -> put.call(x, index, source));
      assertTrue(e.getMessage().contains("deterministic"), e.getMessage());
    } finally {
      Torch.setDeterministic(before);
    }
  }

  @Test
  void denormalsAreFlushedOnRequest() {
    try (var _ = TensorScope.open()) {
      Tensor tiny = Tensor.full(1e-39, DType.FLOAT32, 1);
      assertTrue(tiny.mul(0.5).item() > 0);
      Torch.setFlushDenormal(true);
      try {
        assertEquals(0, tiny.mul(0.5).item());
      } finally {
        Torch.setFlushDenormal(false);
      }
      assertTrue(tiny.mul(0.5).item() > 0);
    }
  }
}
