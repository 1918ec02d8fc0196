package dev.simclr.augment;

import dev.simclr.torch.AugmentFormat;
import dev.simclr.torch.CpuCapability;
import dev.simclr.torch.Torch;
import java.util.ArrayList;
import java.util.List;

/** The instruction sets of the engine that this machine has. */
final class EngineIsas {
  private EngineIsas() {}

  static List<AugmentFormat.Isa> available() {
    CpuCapability cpu = Torch.cpu();
    List<AugmentFormat.Isa> isas = new ArrayList<>(List.of(AugmentFormat.Isa.SCALAR));
    if (cpu.avx2()) {
      isas.add(AugmentFormat.Isa.AVX2);
    }
    if (cpu.avx512()) {
      isas.add(AugmentFormat.Isa.AVX512);
    }
    return isas;
  }
}
