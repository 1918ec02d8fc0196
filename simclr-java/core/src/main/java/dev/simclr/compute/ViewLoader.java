package dev.simclr.compute;

import dev.simclr.augment.ViewFormat;
import dev.simclr.torch.Device;
import dev.simclr.torch.NativeBuffer;
import dev.simclr.torch.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Batches of views as tensors: a {@link BatchLoader} over buffers that tensors share. */
public final class ViewLoader implements ViewSource {
  /** Buffers in the ring: one in use and two ahead even out steps and threads of uneven speed. */
  public static final int BUFFERS = 3;

  private final List<NativeBuffer> buffers = new ArrayList<>();
  private final BatchLoader loader;
  private final int views;
  private final ViewFormat format;
  private final Device device;

  /**
   * Starts to make views.
   *
   * @param fillers makes a filler for each thread
   * @param rows rows of a batch, as the filler counts
   * @param viewsPerRow views that a filler makes of a row
   * @param format of a view, channels last
   * @param firstStep first step
   * @param endStep step after the last one
   * @param threads threads, at least 1
   * @param device where the tensors are wanted
   */
  public ViewLoader(
      Supplier<? extends BatchLoader.RowFiller> fillers,
      int rows,
      int viewsPerRow,
      ViewFormat format,
      long firstStep,
      long endStep,
      int threads,
      Device device) {
    this.views = rows * viewsPerRow;
    this.format = format;
    this.device = device;
    try {
      for (int i = 0; i < BUFFERS; i++) {
        buffers.add(NativeBuffer.allocate(views * format.bytes()));
      }
      this.loader =
          new BatchLoader(
              fillers,
              buffers.stream().map(NativeBuffer::segment).toList(),
              rows,
              firstStep,
              endStep,
              threads);
    } catch (RuntimeException | Error e) { // memory and threads that are not there are errors
      buffers.forEach(NativeBuffer::close);
      throw e;
    }
  }

  /**
   * Waits for the views of the next step: {@code [views, 3, S, S]} of the format's dtype, channels
   * last, owned by the innermost scope. On the CPU the tensor is the loader's buffer, without a
   * copy, so it must not be used after {@link Views#close}.
   */
  @Override
  public Views next() {
    BatchLoader.Batch batch = loader.next();
    NativeBuffer buffer = buffers.get(batch.buffer());
    int size = format.size();
    Tensor host =
        Tensor.wrapChannelsLast(buffer, 0, format.dtype(), views, ViewFormat.CHANNELS, size, size);
    if (device.equals(Device.CPU)) {
      return new Views(host, batch::close);
    }
    try {
      return new Views(host.to(device), batch::close);
    } catch (Throwable e) {
      // A GPU that is out of memory must not take the buffer with it.
      batch.close();
      throw e;
    }
  }

  @Override
  public long waitNanos() {
    return loader.waitNanos();
  }

  @Override
  public void close() {
    loader.close();
    buffers.forEach(NativeBuffer::close);
  }
}
