package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of region.h. */
public final class SctRegion {

  private SctRegion() {}

  public static void leave(MemorySegment region) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_region_leave(frame.handles(new MemorySegment[] {region})));
  }
}
