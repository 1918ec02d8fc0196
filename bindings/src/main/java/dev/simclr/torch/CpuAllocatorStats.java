package dev.simclr.torch;

/**
 * Counters of the caching allocator for CPU tensors, which keeps blocks of 64 KiB and more for
 * reuse.
 *
 * @param activeBytes bytes of large blocks handed out now
 * @param activePeakBytes the most bytes handed out at any time so far
 * @param cachedBytes bytes kept for reuse now
 * @param cachedLimitBytes the most bytes that are kept for reuse
 * @param hits large requests served from the cache
 * @param misses large requests served by the operating system
 * @param enabled whether the allocator is on
 */
public record CpuAllocatorStats(
    long activeBytes,
    long activePeakBytes,
    long cachedBytes,
    long cachedLimitBytes,
    long hits,
    long misses,
    boolean enabled) {}
