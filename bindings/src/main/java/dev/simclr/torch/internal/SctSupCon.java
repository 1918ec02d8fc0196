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

  /**
   * New handles, each owned by the caller.
   *
   * @param loss the loss, 0-dim
   * @param skipped the number of rows without a positive, 0-dim int64
   * @param accuracy the contrastive accuracy, 0-dim
   * @param entropy the contrastive entropy, 0-dim
   */
  public record ViewsResult(
      MemorySegment loss, MemorySegment skipped, MemorySegment accuracy, MemorySegment entropy) {}

  public static Result supCon(MemorySegment z, MemorySegment labels, double temperature) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_sup_con(z, labels, temperature, frame.out(0), frame.out(1)));
    return new Result(frame.handle(0), frame.handle(1));
  }

  public static ViewsResult supConViews(
      MemorySegment z, MemorySegment labels, long views, double temperature) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_sup_con_views(
            z, labels, views, temperature, frame.out(0), frame.out(1), frame.out(2), frame.out(3)));
    return new ViewsResult(frame.handle(0), frame.handle(1), frame.handle(2), frame.handle(3));
  }
}
