package dev.simclr.checkpoint;

import dev.simclr.torch.DType;
import java.util.Optional;

/**
 * Element types of the safetensors format, under the names the format uses.
 *
 * <p>Files may hold types that no tensor here has (unsigned integers wider than a byte, 8-bit
 * floats, complex numbers): their headers are checked like all others, and only reading such an
 * entry as a tensor is refused.
 */
public enum SafetensorsType {
  /** One byte, 0 or 1. */
  BOOL(8, DType.BOOL),
  /** 4-bit float, two elements a byte. */
  F4(4),
  /** 6-bit float, 2 exponent bits. */
  F6_E2M3(6),
  /** 6-bit float, 3 exponent bits. */
  F6_E3M2(6),
  /** Unsigned byte. */
  U8(8, DType.UINT8),
  /** Signed byte. */
  I8(8, DType.INT8),
  /** 8-bit float, 5 exponent bits. */
  F8_E5M2(8),
  /** 8-bit float, 4 exponent bits. */
  F8_E4M3(8),
  /** 8-bit float, 5 exponent bits, no negative zero. */
  F8_E5M2FNUZ(8),
  /** 8-bit float, 4 exponent bits, no negative zero. */
  F8_E4M3FNUZ(8),
  /** 8-bit power of two. */
  F8_E8M0(8),
  /** Signed 16-bit integer. */
  I16(16, DType.INT16),
  /** Unsigned 16-bit integer. */
  U16(16),
  /** IEEE half precision. */
  F16(16, DType.FLOAT16),
  /** bfloat16. */
  BF16(16, DType.BFLOAT16),
  /** Signed 32-bit integer. */
  I32(32, DType.INT32),
  /** Unsigned 32-bit integer. */
  U32(32),
  /** IEEE single precision. */
  F32(32, DType.FLOAT32),
  /** Two single-precision floats. */
  C64(64),
  /** IEEE double precision. */
  F64(64, DType.FLOAT64),
  /** Signed 64-bit integer. */
  I64(64, DType.INT64),
  /** Unsigned 64-bit integer. */
  U64(64);

  private final int bits;
  private final Optional<DType> dtype;

  SafetensorsType(int bits) {
    this.bits = bits;
    this.dtype = Optional.empty();
  }

  SafetensorsType(int bits, DType dtype) {
    this.bits = bits;
    this.dtype = Optional.of(dtype);
  }

  /**
   * Returns the size of one element.
   *
   * @return bits per element
   */
  public int bits() {
    return bits;
  }

  /**
   * Returns the tensor element type with the same representation.
   *
   * @return the type, or empty where tensors here have none
   */
  public Optional<DType> dtype() {
    return dtype;
  }

  /**
   * Returns the format's name for a tensor element type.
   *
   * @param dtype a tensor element type
   * @return the type that represents it
   */
  public static SafetensorsType of(DType dtype) {
    for (SafetensorsType type : values()) {
      if (type.dtype.isPresent() && type.dtype.get() == dtype) {
        return type;
      }
    }
    throw new IllegalArgumentException("dtype " + dtype + " has no name in the safetensors format");
  }
}
