package dev.simclr.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Native memory of one thread that is used again and again, grown as needed and never shrunk. */
final class PixelSlab {
  private MemorySegment block = MemorySegment.NULL;
  private long used;

  /** Memory with any content, valid until {@link #recycle()}. */
  MemorySegment take(long bytes) {
    long start = Math.ceilDiv(used, PackHeader.ALIGNMENT) * (long) PackHeader.ALIGNMENT;
    if (bytes > block.byteSize() - start) {
      // What was taken from the old block keeps it alive.
      block = Arena.ofAuto().allocate(Math.max(2 * block.byteSize(), bytes), PackHeader.ALIGNMENT);
      start = 0;
    }
    used = start + bytes;
    return block.asSlice(start, bytes);
  }

  void recycle() {
    used = 0;
  }
}
