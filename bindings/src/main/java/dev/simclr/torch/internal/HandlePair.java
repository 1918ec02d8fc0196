package dev.simclr.torch.internal;

import java.lang.foreign.MemorySegment;

/**
 * Two new handles, each owned by the caller.
 *
 * @param first the first result
 * @param second the second result
 */
public record HandlePair(MemorySegment first, MemorySegment second) {}
