package dev.simclr.train;

import dev.simclr.torch.CpuAllocator;
import dev.simclr.torch.CpuAllocatorStats;
import dev.simclr.torch.Device;

/**
 * Keeps the memory of freed CPU tensors for the next step, as long as it is open. Steps need the
 * same sizes over and over, and fresh pages of the operating system cost up to a third of a step.
 * What the process has chosen itself stays.
 */
final class TensorCache implements AutoCloseable {
  private final boolean enabled;

  private TensorCache(boolean enabled) {
    this.enabled = enabled;
  }

  /**
   * Switches the cache on, for a device that needs it.
   *
   * @param device where tensors live
   * @param limit the most bytes to keep
   */
  static TensorCache open(Device device, long limit) {
    CpuAllocatorStats before = CpuAllocator.statistics();
    boolean enable = device.equals(Device.CPU) && !before.enabled();
    if (enable) {
      CpuAllocator.enable(limit);
    }
    return new TensorCache(enable);
  }

  /** Switches it off again and gives its memory back. */
  @Override
  public void close() {
    if (enabled) {
      CpuAllocator.disable();
    }
  }
}
