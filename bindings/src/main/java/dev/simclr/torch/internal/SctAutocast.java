package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of autocast.h. */
public final class SctAutocast {

  private SctAutocast() {}

  public static MemorySegment enter(int deviceType, int dtype, boolean enabled) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_autocast_enter(deviceType, dtype, enabled, frame.out(0)));
    return frame.handle(0);
  }

  public static void clearCache() {
    CallFrame.open();
    Status.check(Sct.sct_autocast_clear_cache());
  }

  /** Returns what it was. */
  public static boolean setCacheEnabled(boolean enabled) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_autocast_set_cache_enabled(enabled, frame.out(0)));
    return frame.bool(0);
  }
}
