package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;

/** Calls of version.h. */
public final class SctVersion {

  private SctVersion() {}

  /**
   * Bits of {@link SctVersion#cpuFeatures}; a class of its own, which is there once the library is
   * loaded.
   */
  public static final class Feature {
    public static final int AVX2 = Sct.SCT_CPU_AVX2();
    public static final int AVX512 = Sct.SCT_CPU_AVX512();
    public static final int AVX512_VBMI = Sct.SCT_CPU_AVX512_VBMI();
    public static final int AVX512_VNNI = Sct.SCT_CPU_AVX512_VNNI();
    public static final int AVX512_BF16 = Sct.SCT_CPU_AVX512_BF16();
    public static final int AMX_BF16 = Sct.SCT_CPU_AMX_BF16();

    private Feature() {}
  }

  static int bindingsAbiVersion() {
    return Sct.SCT_ABI_VERSION();
  }

  /**
   * Needs the library, but no frame: the loader calls it while frames still wait for the loader.
   */
  static int libraryAbiVersion() {
    return Sct.sct_abi_version();
  }

  /** Returns the release that the library was compiled against. Needs no frame either. */
  static String builtForTorchVersion() {
    return Status.text(Sct.sct_torch_version());
  }

  public static String torchVersion() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_torch_loaded_version(frame.out(0)));
    return frame.text(0);
  }

  public static String buildInfo() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_build_info(frame.out(0)));
    return frame.text(0);
  }

  public static String cpuCapability() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_cpu_capability(frame.out(0)));
    return frame.text(0);
  }

  public static int cpuFeatures() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_cpu_features(frame.out(0)));
    return frame.int32(0);
  }
}
