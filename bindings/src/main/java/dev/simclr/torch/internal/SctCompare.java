package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of compare.h. */
public final class SctCompare {

  private SctCompare() {}

  public static MemorySegment eq(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_eq(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment eqScalar(MemorySegment self, double other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_eq_scalar(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment ne(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_ne(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment neScalar(MemorySegment self, double other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_ne_scalar(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment lt(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_lt(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment ltScalar(MemorySegment self, double other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_lt_scalar(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment le(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_le(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment leScalar(MemorySegment self, double other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_le_scalar(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment gt(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_gt(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment gtScalar(MemorySegment self, double other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_gt_scalar(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment ge(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_ge(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment geScalar(MemorySegment self, double other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_ge_scalar(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment logicalNot(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_logical_not(self, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment logicalAnd(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_logical_and(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment logicalOr(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_logical_or(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment isfinite(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_isfinite(self, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment isnan(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_isnan(self, frame.out(0)));
    return frame.handle(0);
  }

  public static boolean equal(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_equal(self, other, frame.out(0)));
    return frame.bool(0);
  }

  public static boolean allclose(
      MemorySegment self, MemorySegment other, double rtol, double atol) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_allclose(self, other, rtol, atol, frame.out(0)));
    return frame.bool(0);
  }
}
