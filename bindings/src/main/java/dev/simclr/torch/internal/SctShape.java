package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of shape.h. */
public final class SctShape {

  private SctShape() {}

  public static MemorySegment view(MemorySegment self, long[] sizes) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_view(self, frame.longs(sizes), sizes.length, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment reshape(MemorySegment self, long[] sizes) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_reshape(self, frame.longs(sizes), sizes.length, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment permute(MemorySegment self, long[] dims) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_permute(self, frame.longs(dims), dims.length, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment transpose(MemorySegment self, long dim0, long dim1) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_transpose(self, dim0, dim1, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment t(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_t(self, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment flatten(MemorySegment self, long startDim, long endDim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_flatten(self, startDim, endDim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment unsqueeze(MemorySegment self, long dim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_unsqueeze(self, dim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment squeeze(MemorySegment self, long[] dims) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_squeeze(self, frame.longs(dims), dims.length, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment expand(MemorySegment self, long[] sizes) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_expand(self, frame.longs(sizes), sizes.length, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment repeat(MemorySegment self, long[] repeats) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_repeat(self, frame.longs(repeats), repeats.length, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment narrow(MemorySegment self, long dim, long start, long length) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_narrow(self, dim, start, length, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment select(MemorySegment self, long dim, long index) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_select(self, dim, index, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment slice(MemorySegment self, long dim, long start, long end, long step) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_slice(self, dim, start, end, step, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment flip(MemorySegment self, long[] dims) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_flip(self, frame.longs(dims), dims.length, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment cat(MemorySegment[] tensors, long dim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_cat(frame.handles(tensors), tensors.length, dim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment stack(MemorySegment[] tensors, long dim) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_stack(frame.handles(tensors), tensors.length, dim, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment[] chunk(MemorySegment self, int chunks, long dim) {
    CallFrame frame = CallFrame.open();
    MemorySegment parts = frame.pointers(Math.max(chunks, 0));
    Status.check(Sct.sct_chunk(self, chunks, dim, parts, frame.out(0)));
    return SctTensor.handles(parts, Math.toIntExact(frame.int64(0)));
  }

  public static MemorySegment diagonal(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_diagonal(self, frame.out(0)));
    return frame.handle(0);
  }
}
