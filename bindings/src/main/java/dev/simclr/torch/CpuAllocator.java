package dev.simclr.torch;

import dev.simclr.torch.internal.SctMemory;

/**
 * The caching allocator for CPU tensors: blocks of 64 KiB and more are kept for reuse, since fresh
 * pages cost up to a third of a training step. Those of 2 MiB and more are of huge pages, if the
 * system has any (Linux: {@code /sys/kernel/mm/transparent_hugepage/enabled} is not {@code never}).
 */
public final class CpuAllocator {

  private CpuAllocator() {}

  /**
   * Switches it on.
   *
   * @param cachedLimitBytes the most bytes to keep
   * @throws IllegalArgumentException if the limit is negative
   */
  public static void enable(long cachedLimitBytes) {
    requireNotNegative("cachedLimitBytes", cachedLimitBytes);
    SctMemory.enableCpuAllocator(true, cachedLimitBytes);
  }

  /** Switches it off and gives its blocks back. */
  public static void disable() {
    SctMemory.enableCpuAllocator(false, 0);
  }

  /**
   * Gives blocks back to the operating system until at most so many bytes are kept.
   *
   * @throws IllegalArgumentException if {@code keepBytes} is negative
   */
  public static void trim(long keepBytes) {
    requireNotNegative("keepBytes", keepBytes);
    SctMemory.trimCpuAllocator(keepBytes);
  }

  /** Returns the counters since the process started. */
  public static CpuAllocatorStats statistics() {
    return SctMemory.cpuAllocatorStatistics();
  }

  private static void requireNotNegative(String name, long value) {
    if (value < 0) {
      throw new IllegalArgumentException(name + ": " + value + ", must not be negative");
    }
  }
}
