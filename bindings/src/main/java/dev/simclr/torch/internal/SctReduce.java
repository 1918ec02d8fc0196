package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of reduce.h. */
public final class SctReduce {

  private SctReduce() {}

  public static MemorySegment sum(MemorySegment self, long[] dims, boolean keepdim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_sum(self, frame.longs(dims), dims.length, keepdim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment mean(MemorySegment self, long[] dims, boolean keepdim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_mean(self, frame.longs(dims), dims.length, keepdim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment amax(MemorySegment self, long[] dims, boolean keepdim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_amax(self, frame.longs(dims), dims.length, keepdim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment amin(MemorySegment self, long[] dims, boolean keepdim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_amin(self, frame.longs(dims), dims.length, keepdim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment std(
      MemorySegment self, long[] dims, double correction, boolean keepdim) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_std(self, frame.longs(dims), dims.length, correction, keepdim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment var(
      MemorySegment self, long[] dims, double correction, boolean keepdim) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_var(self, frame.longs(dims), dims.length, correction, keepdim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment norm(MemorySegment self, double p, long[] dims, boolean keepdim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_norm(self, p, frame.longs(dims), dims.length, keepdim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment logsumexp(MemorySegment self, long[] dims, boolean keepdim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_logsumexp(self, frame.longs(dims), dims.length, keepdim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment all(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_all(self, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment any(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_any(self, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment argmax(MemorySegment self, long dim, boolean keepdim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_argmax(self, dim, keepdim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment argmin(MemorySegment self, long dim, boolean keepdim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_argmin(self, dim, keepdim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment softmax(MemorySegment self, long dim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_softmax(self, dim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment logSoftmax(MemorySegment self, long dim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_log_softmax(self, dim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment cumsum(MemorySegment self, long dim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_cumsum(self, dim, frame.out(0)));
    return frame.handle(0);
  }

  public static HandlePair topk(
      MemorySegment self, long k, long dim, boolean largest, boolean sorted) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_topk(self, k, dim, largest, sorted, frame.out(0), frame.out(1)));
    return new HandlePair(frame.handle(0), frame.handle(1));
  }

  public static HandlePair sort(MemorySegment self, long dim, boolean descending) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_sort(self, dim, descending, frame.out(0), frame.out(1)));
    return new HandlePair(frame.handle(0), frame.handle(1));
  }
}
