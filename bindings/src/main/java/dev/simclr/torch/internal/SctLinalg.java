package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of linalg.h. */
public final class SctLinalg {

  private SctLinalg() {}

  public static MemorySegment matmul(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_matmul(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment mm(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_mm(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment bmm(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_bmm(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment mv(MemorySegment self, MemorySegment vector) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_mv(self, vector, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment dot(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_dot(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment addmm(
      MemorySegment self, MemorySegment mat1, MemorySegment mat2, double beta, double alpha) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_addmm(self, mat1, mat2, beta, alpha, frame.out(0)));
    return frame.handle(0);
  }
}
