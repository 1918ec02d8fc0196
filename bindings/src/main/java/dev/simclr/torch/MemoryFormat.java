package dev.simclr.torch;

import dev.simclr.torch.internal.SctDType;

/** Orders in which the elements of a tensor lie in memory. */
public enum MemoryFormat {
  /** Row-major, the last dimension without gaps. */
  CONTIGUOUS,
  /** For shape {@code [N, C, H, W]}: stored as N, H, W, C. */
  CHANNELS_LAST,
  /** As the source has it. */
  PRESERVE;

  /** Not a field: the numbers cannot be asked for before the library is loaded, formats can. */
  int code() {
    return switch (this) {
      case CONTIGUOUS -> SctDType.CONTIGUOUS;
      case CHANNELS_LAST -> SctDType.CHANNELS_LAST;
      case PRESERVE -> SctDType.PRESERVE;
    };
  }
}
