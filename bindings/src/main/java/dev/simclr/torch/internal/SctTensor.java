package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import dev.simclr.torch.internal.ffm.sct_tensor_info;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Calls of tensor.h. */
public final class SctTensor {

  private SctTensor() {}

  public static MemorySegment empty(
      long[] sizes, int dtype, int deviceType, int deviceIndex, int memoryFormat) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_empty(
            frame.longs(sizes),
            sizes.length,
            dtype,
            deviceType,
            deviceIndex,
            memoryFormat,
            frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment zeros(long[] sizes, int dtype, int deviceType, int deviceIndex) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_zeros(
            frame.longs(sizes), sizes.length, dtype, deviceType, deviceIndex, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment ones(long[] sizes, int dtype, int deviceType, int deviceIndex) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_ones(
            frame.longs(sizes), sizes.length, dtype, deviceType, deviceIndex, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment full(
      long[] sizes, double value, int dtype, int deviceType, int deviceIndex) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_full(
            frame.longs(sizes), sizes.length, value, dtype, deviceType, deviceIndex, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment arange(
      double start, double end, double step, int dtype, int deviceType, int deviceIndex) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_arange(start, end, step, dtype, deviceType, deviceIndex, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment eye(long n, int dtype, int deviceType, int deviceIndex) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_eye(n, dtype, deviceType, deviceIndex, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment emptyLike(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_empty_like(self, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment zerosLike(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_zeros_like(self, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment onesLike(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_ones_like(self, frame.out(0)));
    return frame.handle(0);
  }

  /** Copies native memory. */
  public static MemorySegment fromData(MemorySegment data, long[] sizes, int dtype) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_tensor_from_data(
            data, data.byteSize(), frame.longs(sizes), sizes.length, dtype, frame.out(0)));
    return frame.handle(0);
  }

  /** Row-major where {@code strides} is empty. */
  public static MemorySegment wrap(
      MemorySegment data, long[] sizes, long[] strides, int dtype, long releaseId) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_tensor_wrap(
            data,
            data.byteSize(),
            frame.longs(sizes),
            frame.longs(strides),
            sizes.length,
            dtype,
            releaseId,
            frame.out(0)));
    return frame.handle(0);
  }

  /** Frees all handles in one call. */
  public static void free(MemorySegment... handles) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_tensor_free(frame.handles(handles), handles.length));
  }

  public static TensorInfo describe(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    MemorySegment info = frame.allocate(sct_tensor_info.sizeof());
    Status.check(Sct.sct_tensor_describe(self, info));
    return TensorInfo.of(info);
  }

  public static void fixStorage(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_tensor_fix_storage(self));
  }

  public static MemorySegment alias(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_tensor_alias(self, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment copy(MemorySegment self, int memoryFormat) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_clone(self, memoryFormat, frame.out(0)));
    return frame.handle(0);
  }

  public static void copy_(MemorySegment self, MemorySegment source, boolean nonBlocking) {
    CallFrame.open();
    Status.check(Sct.sct_copy_(self, source, nonBlocking));
  }

  public static MemorySegment to(
      MemorySegment self,
      int dtype,
      int deviceType,
      int deviceIndex,
      int memoryFormat,
      boolean nonBlocking,
      boolean copy) {
    CallFrame frame = CallFrame.open();
    Status.check(
        Sct.sct_to(
            self, dtype, deviceType, deviceIndex, memoryFormat, nonBlocking, copy, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment contiguous(MemorySegment self, int memoryFormat) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_contiguous(self, memoryFormat, frame.out(0)));
    return frame.handle(0);
  }

  public static double itemDouble(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_item_double(self, frame.out(0)));
    return frame.float64(0);
  }

  public static long itemInt64(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_item_int64(self, frame.out(0)));
    return frame.int64(0);
  }

  /** Copies all values, row-major and converted to {@code dtype}, into native memory. */
  public static void read(MemorySegment self, int dtype, MemorySegment memory) {
    CallFrame.open();
    Status.check(Sct.sct_tensor_read(self, dtype, memory, memory.byteSize()));
  }

  /** Gives the memory at an address bounds and a lifetime. */
  public static MemorySegment memory(long address, long bytes, Arena lifetime) {
    return MemorySegment.ofAddress(address).reinterpret(bytes, lifetime, null);
  }

  static MemorySegment[] handles(MemorySegment array, int count) {
    MemorySegment[] handles = new MemorySegment[count];
    for (int i = 0; i < count; i++) {
      handles[i] = MemorySegment.ofAddress(array.getAtIndex(ValueLayout.JAVA_LONG, i));
    }
    return handles;
  }
}
