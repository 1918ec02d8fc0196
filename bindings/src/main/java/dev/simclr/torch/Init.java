package dev.simclr.torch;

import dev.simclr.torch.internal.SctRandom;

/**
 * Random numbers from a seed alone: each call draws from a fresh CPU generator (mt19937, as
 * PyTorch's {@code Generator().manual_seed(seed)}) and neither reads nor changes global state. A
 * tensor on another device is filled on the CPU and copied, so every device gets the same numbers.
 */
public final class Init {

  private Init() {}

  /**
   * Fills with normal deviates and returns the tensor.
   *
   * @throws IllegalArgumentException if {@code std} is negative or NaN
   */
  public static Tensor normal_(Tensor tensor, double mean, double std, long seed) {
    if (!(std >= 0)) {
      throw new IllegalArgumentException("std: " + std + ", must not be negative");
    }
    SctRandom.normal_(tensor.handle(), mean, std, seed);
    return tensor;
  }

  /**
   * Fills with deviates uniform in [from, to) and returns the tensor.
   *
   * @throws IllegalArgumentException if {@code from} is above {@code to}
   */
  public static Tensor uniform_(Tensor tensor, double from, double to, long seed) {
    if (!(from <= to)) {
      throw new IllegalArgumentException(
          "from: " + from + ", must not be above to, which is " + to);
    }
    SctRandom.uniform_(tensor.handle(), from, to, seed);
    return tensor;
  }

  /** Returns a permutation of 0 to n - 1: INT64 {@code [n]}, on the CPU. */
  public static Tensor randperm(long n, long seed) {
    return TensorScope.current().adopt(SctRandom.randperm(n, seed));
  }
}
