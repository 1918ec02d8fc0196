package dev.simclr.torch.internal;

import dev.simclr.torch.CudaDeviceInfo;
import dev.simclr.torch.CudaMemoryStats;
import dev.simclr.torch.internal.ffm.Sct;
import dev.simclr.torch.internal.ffm.sct_cuda_device_info;
import dev.simclr.torch.internal.ffm.sct_cuda_memory_stats;
import java.lang.foreign.MemorySegment;

/** Calls of cuda.h. */
public final class SctCuda {

  private SctCuda() {}

  public static boolean isAvailable() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_cuda_is_available(frame.out(0)));
    return frame.bool(0);
  }

  public static int deviceCount() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_cuda_device_count(frame.out(0)));
    return frame.int32(0);
  }

  public static boolean isLoaded() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_cuda_is_loaded(frame.out(0)));
    return frame.bool(0);
  }

  public static CudaDeviceInfo describe(int device) {
    CallFrame frame = CallFrame.open();
    MemorySegment info = frame.allocate(sct_cuda_device_info.sizeof());
    Status.check(Sct.sct_cuda_describe(device, info));
    return new CudaDeviceInfo(
        sct_cuda_device_info.name(info).getString(0),
        sct_cuda_device_info.total_memory_bytes(info),
        sct_cuda_device_info.compute_major(info),
        sct_cuda_device_info.compute_minor(info),
        sct_cuda_device_info.multiprocessor_count(info));
  }

  public static void setDevice(int device) {
    CallFrame.open();
    Status.check(Sct.sct_cuda_set_device(device));
  }

  public static void synchronize(int device) {
    CallFrame.open();
    Status.check(Sct.sct_cuda_synchronize(device));
  }

  public static CudaMemoryStats memoryStatistics(int device) {
    CallFrame frame = CallFrame.open();
    MemorySegment stats = frame.allocate(sct_cuda_memory_stats.sizeof());
    Status.check(Sct.sct_cuda_memory_statistics(device, stats));
    return new CudaMemoryStats(
        sct_cuda_memory_stats.allocated_bytes(stats),
        sct_cuda_memory_stats.allocated_peak_bytes(stats),
        sct_cuda_memory_stats.reserved_bytes(stats),
        sct_cuda_memory_stats.reserved_peak_bytes(stats),
        sct_cuda_memory_stats.device_free_bytes(stats),
        sct_cuda_memory_stats.device_total_bytes(stats));
  }

  public static void resetPeakMemory(int device) {
    CallFrame.open();
    Status.check(Sct.sct_cuda_reset_peak_memory(device));
  }

  public static void emptyCache() {
    CallFrame.open();
    Status.check(Sct.sct_cuda_empty_cache());
  }

  public static void setMemoryFraction(int device, double fraction) {
    CallFrame.open();
    Status.check(Sct.sct_cuda_set_memory_fraction(device, fraction));
  }

  public static MemorySegment pinMemory(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_pin_memory(self, frame.out(0)));
    return frame.handle(0);
  }

  public static boolean isPinned(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_is_pinned(self, frame.out(0)));
    return frame.bool(0);
  }

  public static MemorySegment createStream(int device, boolean highPriority) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_cuda_stream_create(device, highPriority, frame.out(0)));
    return frame.handle(0);
  }

  public static void freeStream(MemorySegment stream) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_cuda_stream_free(frame.handles(new MemorySegment[] {stream})));
  }

  public static MemorySegment currentStream(int device) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_cuda_stream_current(device, frame.out(0)));
    return frame.handle(0);
  }

  public static void setCurrentStream(MemorySegment stream) {
    CallFrame.open();
    Status.check(Sct.sct_cuda_stream_set_current(stream));
  }

  public static void synchronizeStream(MemorySegment stream) {
    CallFrame.open();
    Status.check(Sct.sct_cuda_stream_synchronize(stream));
  }

  public static void waitStream(MemorySegment stream, MemorySegment other) {
    CallFrame.open();
    Status.check(Sct.sct_cuda_stream_wait(stream, other));
  }

  public static void recordStream(MemorySegment self, MemorySegment stream) {
    CallFrame.open();
    Status.check(Sct.sct_cuda_record_stream(self, stream));
  }
}
