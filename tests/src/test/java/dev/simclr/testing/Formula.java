package dev.simclr.testing;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * Numbers that Java and Python both compute, bit for bit; the Python side, with the definition, is
 * {@code tests/fixtures/formula.py}.
 */
public final class Formula {

  private Formula() {}

  /** Returns values in [0, 1). */
  public static double[] uniform(String name, long... shape) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    int key = (int) crc.getValue();
    double[] values = new double[count(shape)];
    for (int i = 0; i < values.length; i++) {
      int h = i * 0x9E3779B9 + key;
      h ^= h >>> 16;
      h *= 0x85EBCA6B;
      h ^= h >>> 13;
      h *= 0xC2B2AE35;
      h ^= h >>> 16;
      values[i] = Integer.toUnsignedLong(h) / 0x1p32;
    }
    return values;
  }

  /** Returns values in [-1, 1). */
  public static double[] signed(String name, long... shape) {
    double[] values = uniform(name, shape);
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * values[i] - 1;
    }
    return values;
  }

  /** Returns a plausible value for the floating parameter or buffer {@code name} of a network. */
  public static float[] state(String name, long... shape) {
    double[] u = uniform(name, shape);
    float[] values = new float[u.length];
    double fanIn = 1;
    for (int i = 1; i < shape.length; i++) {
      fanIn *= shape[i];
    }
    double bound = Math.sqrt(6.0 / fanIn);
    for (int i = 0; i < u.length; i++) {
      double value;
      if (name.endsWith("running_mean")) {
        value = 0.1 * (2 * u[i] - 1);
      } else if (name.endsWith("running_var")) {
        value = 0.5 + u[i];
      } else if (name.endsWith("bias")) {
        value = 0.2 * (2 * u[i] - 1);
      } else if (shape.length == 1) {
        value = 0.5 + u[i];
      } else {
        value = bound * (2 * u[i] - 1);
      }
      values[i] = (float) value;
    }
    return values;
  }

  /** Rounds to single precision. */
  public static float[] floats(double[] values) {
    float[] result = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = (float) values[i];
    }
    return result;
  }

  private static int count(long... shape) {
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    return Math.toIntExact(count);
  }
}
