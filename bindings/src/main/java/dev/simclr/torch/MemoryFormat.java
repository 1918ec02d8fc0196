package dev.simclr.torch;

import dev.simclr.torch.internal.SctDType;

/** Orders in which the elements of a tensor lie in memory. */
public enum MemoryFormat {
  /** Row-major, the last dimension without gaps. */
  CONTIGUOUS(SctDType.CONTIGUOUS),
  /** For shape {@code [N, C, H, W]}: stored as N, H, W, C. */
  CHANNELS_LAST(SctDType.CHANNELS_LAST),
  /** As the source has it. */
  PRESERVE(SctDType.PRESERVE);

  private final int code;

  MemoryFormat(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
