package dev.simclr.compute;

import dev.simclr.torch.CpuAllocator;
import dev.simclr.torch.CpuAllocatorStats;
import dev.simclr.torch.Device;
import java.util.OptionalLong;

/**
 * Keeps the memory of freed CPU tensors for the next batch, as long as one of these is open.
 * Batches need the same sizes over and over, and fresh pages of the operating system can cost more
 * than what is computed in them. What the process has chosen for the allocator itself, before or
 * meanwhile, stays as it is.
 */
public final class TensorCache implements AutoCloseable {
  private static final Object LOCK = new Object();

  /** How many are open; under the lock. */
  private static int open;

  /** The limit that the allocator was switched on with for them; under the lock. */
  private static OptionalLong ours = OptionalLong.empty();

  private boolean counted;

  private TensorCache(boolean counted) {
    this.counted = counted;
  }

  /**
   * Keeps all that is freed, for a device that needs it. That is what one batch takes, since the
   * next one takes it again.
   *
   * @param device where tensors live
   */
  public static TensorCache open(Device device) {
    return open(device, Long.MAX_VALUE);
  }

  /**
   * Keeps what is freed, for a device that needs it.
   *
   * @param device where tensors live
   * @param mostBytes the most to keep; of several that are open, the first one's limit counts
   */
  public static TensorCache open(Device device, long mostBytes) {
    if (!device.equals(Device.CPU)) {
      return new TensorCache(false);
    }
    synchronized (LOCK) {
      if (open == 0) {
        ours = OptionalLong.empty();
        if (!CpuAllocator.statistics().enabled()) {
          CpuAllocator.enable(mostBytes);
          ours = OptionalLong.of(mostBytes);
        }
      }
      open++;
    }
    return new TensorCache(true);
  }

  /** The last one to be closed gives the memory back. Closing again does nothing. */
  @Override
  public void close() {
    synchronized (LOCK) {
      if (!counted) {
        return;
      }
      counted = false;
      open--;
      if (open == 0 && ours.isPresent() && isAsSwitchedOn(ours.getAsLong())) {
        CpuAllocator.disable();
      }
    }
  }

  private static boolean isAsSwitchedOn(long limit) {
    CpuAllocatorStats now = CpuAllocator.statistics();
    return now.enabled() && now.cachedLimitBytes() == limit;
  }
}
