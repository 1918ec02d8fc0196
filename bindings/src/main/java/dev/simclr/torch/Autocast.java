package dev.simclr.torch;

import dev.simclr.torch.internal.NativeThread;
import dev.simclr.torch.internal.SctAutocast;

/**
 * Automatic mixed precision: inside, eligible operators such as convolutions and matrix products
 * compute in 16 bits, and those that need it stay in FLOAT32.
 *
 * <p>Weights are converted once and cached. The cache is cleared when the outermost guard closes
 * and by every step of {@link Optim}; whoever changes weights inside in another way must call
 * {@link #clearCache}, or goes on with stale copies.
 */
public final class Autocast {

  private Autocast() {}

  /** Computes in BFLOAT16 on the CPU until the guard closes. */
  public static Guard bf16() {
    return enter(Device.CPU, DType.BFLOAT16);
  }

  /** Computes in BFLOAT16 on this kind of device until the guard closes. */
  public static Guard bf16(Device device) {
    return enter(device, DType.BFLOAT16);
  }

  /**
   * Computes in this dtype on this kind of device until the guard closes.
   *
   * @throws IllegalArgumentException unless the dtype is BFLOAT16 or FLOAT16
   */
  public static Guard enter(Device device, DType dtype) {
    if (dtype != DType.BFLOAT16 && dtype != DType.FLOAT16) {
      throw new IllegalArgumentException("dtype: " + dtype + ", must be bfloat16 or float16");
    }
    return enter(device, dtype, true);
  }

  /** Computes in the dtypes that operators are given, on this kind of device, until it closes. */
  public static Guard disabled(Device device) {
    return enter(device, DType.BFLOAT16, false);
  }

  private static Guard enter(Device device, DType dtype, boolean enabled) {
    NativeThread.require();
    return new Guard(SctAutocast.enter(device.kindCode(), dtype.code(), enabled));
  }

  /** Forgets converted weights. */
  public static void clearCache() {
    SctAutocast.clearCache();
  }

  /** Switches the cache of converted weights on or off for this thread; returns what it was. */
  public static boolean setCacheEnabled(boolean enabled) {
    return SctAutocast.setCacheEnabled(enabled);
  }
}
