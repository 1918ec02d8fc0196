package dev.simclr.torch;

import dev.simclr.torch.internal.SctCuda;
import java.lang.foreign.MemorySegment;

/** A queue of work on a GPU. The caller owns it and closes it. */
public final class CudaStream implements AutoCloseable {

  private MemorySegment handle;

  private CudaStream(MemorySegment handle) {
    this.handle = handle;
  }

  /** Takes a stream of libtorch's pool. */
  public static CudaStream create(Device device, boolean highPriority) {
    return new CudaStream(SctCuda.createStream(Cuda.ordinal(device), highPriority));
  }

  /** Returns the current stream of this thread on a GPU. */
  public static CudaStream current(Device device) {
    return new CudaStream(SctCuda.currentStream(Cuda.ordinal(device)));
  }

  /** Makes this the current stream of this thread on its GPU. */
  public void makeCurrent() {
    SctCuda.setCurrentStream(handle());
  }

  /** Waits for all work on this stream. */
  public void synchronize() {
    SctCuda.synchronizeStream(handle());
  }

  /** Lets work given to this stream from now on wait for what {@code other} has now. */
  public void waitFor(CudaStream other) {
    SctCuda.waitStream(handle(), other.handle());
  }

  /** Tells the allocator that a tensor is in use on this stream too. */
  public void record(Tensor tensor) {
    SctCuda.recordStream(tensor.handle(), handle());
  }

  /** Frees the handle; the stream's work goes on. Closing again does nothing. */
  @Override
  public void close() {
    if (handle != null) {
      SctCuda.freeStream(handle);
      handle = null;
    }
  }

  private MemorySegment handle() {
    if (handle == null) {
      throw new IllegalStateException("the CudaStream is closed");
    }
    return handle;
  }
}
