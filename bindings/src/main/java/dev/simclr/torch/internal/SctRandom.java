package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of random.h. */
public final class SctRandom {

  private SctRandom() {}

  public static void normal_(MemorySegment self, double mean, double std, long seed) {
    CallFrame.open();
    Status.check(Sct.sct_normal_(self, mean, std, seed));
  }

  public static void uniform_(MemorySegment self, double from, double to, long seed) {
    CallFrame.open();
    Status.check(Sct.sct_uniform_(self, from, to, seed));
  }

  public static MemorySegment randperm(long n, long seed) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_randperm(n, seed, frame.out(0)));
    return frame.handle(0);
  }

  public static void manualSeed(long seed) {
    CallFrame.open();
    Status.check(Sct.sct_manual_seed(seed));
  }
}
