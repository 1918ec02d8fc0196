package dev.simclr.torch.internal;

import dev.simclr.torch.CpuAllocatorStats;
import dev.simclr.torch.internal.ffm.Sct;
import dev.simclr.torch.internal.ffm.sct_cpu_allocator_stats;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Calls of memory.h. */
public final class SctMemory {

  private static final int DRAIN_CAPACITY = 64;

  private SctMemory() {}

  public static long liveHandles() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_live_handles(frame.out(0)));
    return frame.int64(0);
  }

  /** Takes at most 64 identifiers from the list of memory that libtorch has let go. */
  static long[] drainReleased() {
    CallFrame frame = CallFrame.open();
    MemorySegment ids = frame.allocate((long) DRAIN_CAPACITY * Long.BYTES);
    Status.check(Sct.sct_released_drain(ids, DRAIN_CAPACITY, frame.out(0)));
    return ids.asSlice(0, frame.int64(0) * Long.BYTES).toArray(ValueLayout.JAVA_LONG);
  }

  public static long pendingReleased() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_released_pending(frame.out(0)));
    return frame.int64(0);
  }

  public static void enableCpuAllocator(boolean enabled, long cachedLimitBytes) {
    CallFrame.open();
    Status.check(Sct.sct_cpu_allocator_enable(enabled, cachedLimitBytes));
  }

  public static void trimCpuAllocator(long keepBytes) {
    CallFrame.open();
    Status.check(Sct.sct_cpu_allocator_trim(keepBytes));
  }

  public static CpuAllocatorStats cpuAllocatorStatistics() {
    CallFrame frame = CallFrame.open();
    MemorySegment stats = frame.allocate(sct_cpu_allocator_stats.sizeof());
    Status.check(Sct.sct_cpu_allocator_statistics(stats));
    return new CpuAllocatorStats(
        sct_cpu_allocator_stats.active_bytes(stats),
        sct_cpu_allocator_stats.active_peak_bytes(stats),
        sct_cpu_allocator_stats.cached_bytes(stats),
        sct_cpu_allocator_stats.cached_limit_bytes(stats),
        sct_cpu_allocator_stats.hits(stats),
        sct_cpu_allocator_stats.misses(stats),
        sct_cpu_allocator_stats.enabled(stats));
  }
}
