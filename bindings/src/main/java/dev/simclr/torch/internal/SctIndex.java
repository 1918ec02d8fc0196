package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of index.h. */
public final class SctIndex {

  private SctIndex() {}

  public static MemorySegment indexSelect(MemorySegment self, long dim, MemorySegment index) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_index_select(self, dim, index, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment gather(MemorySegment self, long dim, MemorySegment index) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_gather(self, dim, index, frame.out(0)));
    return frame.handle(0);
  }

  public static void scatter_(
      MemorySegment self, long dim, MemorySegment index, MemorySegment src) {
    CallFrame.open();
    Status.check(Sct.sct_scatter_(self, dim, index, src));
  }

  public static void scatterAdd_(
      MemorySegment self, long dim, MemorySegment index, MemorySegment src) {
    CallFrame.open();
    Status.check(Sct.sct_scatter_add_(self, dim, index, src));
  }

  public static void indexAdd_(
      MemorySegment self, long dim, MemorySegment index, MemorySegment src, double alpha) {
    CallFrame.open();
    Status.check(Sct.sct_index_add_(self, dim, index, src, alpha));
  }

  public static void indexCopy_(
      MemorySegment self, long dim, MemorySegment index, MemorySegment src) {
    CallFrame.open();
    Status.check(Sct.sct_index_copy_(self, dim, index, src));
  }

  public static MemorySegment oneHot(MemorySegment self, long classes) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_one_hot(self, classes, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment maskedSelect(MemorySegment self, MemorySegment mask) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_masked_select(self, mask, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment nonzero(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_nonzero(self, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment bincount(MemorySegment self, long minlength) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_bincount(self, minlength, frame.out(0)));
    return frame.handle(0);
  }
}
