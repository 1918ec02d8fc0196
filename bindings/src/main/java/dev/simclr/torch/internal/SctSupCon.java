package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of sup_con.h. */
public final class SctSupCon {

  private SctSupCon() {}

  /**
   * New handles, each owned by the caller.
   *
   * @param loss the loss, 0-dim
   * @param skipped the number of rows without a positive, 0-dim int64
   */
  public record Result(MemorySegment loss, MemorySegment skipped) {}

  public static Result supCon(MemorySegment z, MemorySegment labels, double temperature) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_sup_con(z, labels, temperature, frame.out(0), frame.out(1)));
    return new Result(frame.handle(0), frame.handle(1));
  }
}
