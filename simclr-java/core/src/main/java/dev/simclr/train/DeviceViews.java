package dev.simclr.train;

import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.Augmenter;
import dev.simclr.augment.ViewFormat;
import dev.simclr.compute.ViewSource;
import dev.simclr.data.ImageDataset;
import dev.simclr.torch.CudaImages;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.NativeBuffer;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Views that a GPU makes of images in its own memory: the parameters are drawn here, as {@link
 * ViewFiller} draws them, and a batch is one native call. Owned by the thread that computes.
 */
final class DeviceViews implements ViewSource {
  // A part of the images at a time goes through host memory of this size.
  private static final long UPLOAD_BYTES = 64L << 20;
  private static final Runnable NOTHING = () -> {};

  private final ViewDraws draws;
  private final int batch;
  private final Augmenter augmenter;
  private final Device device;
  private final Tensor pixels;
  private final CudaImages images;
  private long number;
  private long nanos;

  /**
   * Copies the images to the GPU.
   *
   * @param data images of one size, in pixels, at least those of a step
   * @param train seed, batch size and kind of positives
   * @param samplers for each view what draws it
   * @param augmenter does it
   * @param first number of the first batch
   * @param device a CUDA device
   */
  DeviceViews(
      ImageDataset data,
      TrainConfig train,
      List<AugmentSampler> samplers,
      Augmenter augmenter,
      long first,
      Device device) {
    this.draws = new ViewDraws(data, train, samplers);
    this.batch = train.batch();
    this.augmenter = augmenter;
    this.device = device;
    this.number = first;
    this.pixels = upload(data, device);
    this.images = new CudaImages(pixels);
  }

  private static Tensor upload(ImageDataset data, Device device) {
    int height = data.height(0);
    int width = data.width(0);
    long bytes = 3L * height * width;
    int chunk = Math.toIntExact(Math.clamp(UPLOAD_BYTES / bytes, 1, data.size()));
    try (var _ = TensorScope.open();
        NativeBuffer buffer = NativeBuffer.allocate(chunk * bytes)) {
      Tensor all =
          Tensor.empty(DType.UINT8, device, MemoryFormat.CONTIGUOUS, data.size(), height, width, 3);
      for (int first = 0; first < data.size(); first += chunk) {
        int count = Math.min(chunk, data.size() - first);
        for (int i = 0; i < count; i++) {
          MemorySegment to = buffer.segment().asSlice(i * bytes, bytes);
          to.copyFrom(data.image(first + i));
        }
        try (var _ = TensorScope.open()) {
          Tensor host = Tensor.wrap(buffer, 0, DType.UINT8, count, height, width, 3);
          all.narrow(0, first, count).copyFrom(host);
        }
      }
      return all.retain();
    }
  }

  @Override
  public Views next() {
    long start = System.nanoTime();
    for (int view = 0; view < draws.views(); view++) {
      for (int place = 0; place < batch; place++) {
        ViewDraws.Draw draw = draws.draw(number, view, place);
        augmenter.add(images, draw.image(), draw.params(), draw.row());
      }
    }
    ViewFormat format = augmenter.format();
    int size = format.size();
    Tensor views =
        Tensor.empty(
            format.dtype(),
            device,
            MemoryFormat.CHANNELS_LAST,
            (long) draws.views() * batch,
            ViewFormat.CHANNELS,
            size,
            size);
    augmenter.run(views);
    number++;
    nanos += System.nanoTime() - start;
    return new Views(views, NOTHING);
  }

  @Override
  public long waitNanos() {
    return nanos;
  }

  @Override
  public void close() {
    pixels.close();
  }
}
