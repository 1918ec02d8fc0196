package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
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
}
