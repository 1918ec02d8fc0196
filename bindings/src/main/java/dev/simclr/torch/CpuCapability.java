package dev.simclr.torch;

import dev.simclr.torch.internal.SctVersion;

/**
 * What this processor can do, as far as kernels choose by it.
 *
 * @param libtorchKernels which variant libtorch's own kernels use: DEFAULT, AVX2 or AVX512
 * @param avx2 AVX2 and FMA
 * @param avx512 AVX-512 F, BW, DQ and VL together
 * @param avx512Vbmi byte permutations of AVX-512
 * @param avx512Vnni 8-bit dot products of AVX-512
 * @param avx512Bf16 bfloat16 dot products of AVX-512
 * @param amxBf16 AMX tiles with bfloat16, permitted by the operating system
 */
public record CpuCapability(
    String libtorchKernels,
    boolean avx2,
    boolean avx512,
    boolean avx512Vbmi,
    boolean avx512Vnni,
    boolean avx512Bf16,
    boolean amxBf16) {

  static CpuCapability current() {
    int features = SctVersion.cpuFeatures();
    return new CpuCapability(
        SctVersion.cpuCapability(),
        (features & SctVersion.Feature.AVX2) != 0,
        (features & SctVersion.Feature.AVX512) != 0,
        (features & SctVersion.Feature.AVX512_VBMI) != 0,
        (features & SctVersion.Feature.AVX512_VNNI) != 0,
        (features & SctVersion.Feature.AVX512_BF16) != 0,
        (features & SctVersion.Feature.AMX_BF16) != 0);
  }

  /** Returns whether the processor multiplies bfloat16 in hardware. */
  public boolean fastBfloat16() {
    return avx512Bf16 || amxBf16;
  }
}
