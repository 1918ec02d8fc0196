package dev.simclr.torch.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Native arrays of handles that outlive a call. */
public final class HandleArray {

  private HandleArray() {}

  /** Returns a native copy, which lives as long as it is reachable. */
  public static MemorySegment of(MemorySegment[] handles) {
    MemorySegment array = Arena.ofAuto().allocate(ValueLayout.ADDRESS, handles.length);
    for (int i = 0; i < handles.length; i++) {
      array.setAtIndex(ValueLayout.ADDRESS, i, handles[i]);
    }
    return array;
  }
}
