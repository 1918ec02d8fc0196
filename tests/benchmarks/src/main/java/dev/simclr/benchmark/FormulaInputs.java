package dev.simclr.benchmark;

import dev.simclr.torch.DType;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * Inputs that a benchmark and its peer in Python both compute, bit for bit; the Python side, with
 * the definition, is tests/fixtures/formula.py.
 */
public final class FormulaInputs {
  private FormulaInputs() {}

  /**
   * Returns uniform numbers, owned by the innermost scope.
   *
   * @param name decides which
   * @param bound they are in [-bound, bound)
   * @param shape of the tensor, float32
   */
  public static Tensor signed(String name, double bound, long... shape) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    int key = (int) crc.getValue();
    long count = 1;
    for (long size : shape) {
      count = Math.multiplyExact(count, size);
    }
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      int h = i * 0x9E3779B9 + key;
      h ^= h >>> 16;
      h *= 0x85EBCA6B;
      h ^= h >>> 13;
      h *= 0xC2B2AE35;
      h ^= h >>> 16;
      values[i] = (float) (bound * (2 * (Integer.toUnsignedLong(h) / 0x1p32) - 1));
    }
    return Tensor.of(values, shape);
  }

  /**
   * Returns uniform numbers in [-1, 1) as square images in channels-last memory, owned by the
   * innermost scope.
   *
   * @param name decides which
   * @param dtype float32, or bfloat16 to round them
   */
  public static Tensor images(String name, String dtype, long count, long channels, long size) {
    DType type =
        switch (dtype) {
          case "float32" -> DType.FLOAT32;
          case "bfloat16" -> DType.BFLOAT16;
          default -> throw new IllegalArgumentException("dtype is " + dtype);
        };
    return signed(name, 1, count, channels, size, size)
        .to(type)
        .contiguous(MemoryFormat.CHANNELS_LAST);
  }

  /** Returns the L2 norm of a tensor, summed in float64. */
  public static double norm(Tensor values) {
    return values.detach().to(DType.FLOAT64).norm().item();
  }
}
