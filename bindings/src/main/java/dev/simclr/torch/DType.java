package dev.simclr.torch;

import dev.simclr.torch.internal.SctDType;
import java.util.Locale;

/** Element types of tensors. */
public enum DType {
  /** Unsigned 8-bit integer. */
  UINT8(1),
  /** Signed 8-bit integer. */
  INT8(1),
  /** Signed 16-bit integer. */
  INT16(2),
  /** Signed 32-bit integer. */
  INT32(4),
  /** Signed 64-bit integer, the type of indices and classes. */
  INT64(8),
  /** IEEE 754 binary16. */
  FLOAT16(2),
  /** The upper half of a binary32: its range, with 8 bits of precision. */
  BFLOAT16(2),
  /** IEEE 754 binary32. */
  FLOAT32(4),
  /** IEEE 754 binary64. */
  FLOAT64(8),
  /** Truth value, a byte of 0 or 1. */
  BOOL(1);

  private final int byteSize;

  DType(int byteSize) {
    this.byteSize = byteSize;
  }

  /** Returns the size of an element in bytes. */
  public int byteSize() {
    return byteSize;
  }

  /** Returns whether elements are floating-point numbers, which alone can have gradients. */
  public boolean isFloatingPoint() {
    return switch (this) {
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> true;
      case UINT8, INT8, INT16, INT32, INT64, BOOL -> false;
    };
  }

  /** Returns the name that PyTorch uses, such as {@code float32}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Not a field: the numbers cannot be asked for before the library is loaded, types can. */
  int code() {
    return switch (this) {
      case UINT8 -> SctDType.UINT8;
      case INT8 -> SctDType.INT8;
      case INT16 -> SctDType.INT16;
      case INT32 -> SctDType.INT32;
      case INT64 -> SctDType.INT64;
      case FLOAT16 -> SctDType.FLOAT16;
      case BFLOAT16 -> SctDType.BFLOAT16;
      case FLOAT32 -> SctDType.FLOAT32;
      case FLOAT64 -> SctDType.FLOAT64;
      case BOOL -> SctDType.BOOL;
    };
  }

  static DType of(int code) {
    for (DType dtype : values()) {
      if (dtype.code() == code) {
        return dtype;
      }
    }
    throw new TorchException(
        TorchException.Kind.UNSUPPORTED, "dtype with libtorch's number " + code + " is unknown");
  }
}
