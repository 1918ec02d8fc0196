package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of nt_xent.h. */
public final class SctNtXent {

  private SctNtXent() {}

  /**
   * New handles, each owned by the caller.
   *
   * @param loss the loss, 0-dim
   * @param accuracy the contrastive accuracy, 0-dim
   * @param entropy the contrastive entropy, 0-dim
   */
  public record Result(MemorySegment loss, MemorySegment accuracy, MemorySegment entropy) {}

  public static Result ntXent(MemorySegment z, double temperature) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_nt_xent(z, temperature, frame.out(0), frame.out(1), frame.out(2)));
    return new Result(frame.handle(0), frame.handle(1), frame.handle(2));
  }

  public static Result ntXentSum(MemorySegment z, double temperature) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_nt_xent_sum(z, temperature, frame.out(0), frame.out(1), frame.out(2)));
    return new Result(frame.handle(0), frame.handle(1), frame.handle(2));
  }

  public static Result ntXentQueue(MemorySegment z, MemorySegment queue, double temperature) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_nt_xent_queue(z, queue, temperature, frame.out(0), frame.out(1), frame.out(2)));
    return new Result(frame.handle(0), frame.handle(1), frame.handle(2));
  }

  public static Result dcl(MemorySegment z, double temperature) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_dcl(z, temperature, frame.out(0), frame.out(1), frame.out(2)));
    return new Result(frame.handle(0), frame.handle(1), frame.handle(2));
  }
}
