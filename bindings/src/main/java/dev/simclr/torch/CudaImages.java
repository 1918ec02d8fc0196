package dev.simclr.torch;

import dev.simclr.torch.internal.SctTensor;
import dev.simclr.torch.internal.TensorInfo;
import java.util.Arrays;

/**
 * Images of one size in the memory of a GPU, of which an {@link AugmentBatch} makes views there: a
 * data set that fits, or what was uploaded for one batch.
 *
 * <p>They stay the tensor's: it must be open, and its elements unchanged, until the stream has
 * computed the views. Its storage can no longer be resized.
 */
public final class CudaImages {
  private final Tensor images;
  private final Device device;
  private final long address;
  private final long count;
  private final int height;
  private final int width;

  /**
   * Takes the images of a tensor.
   *
   * @param images uint8 {@code [N, H, W, 3]} on a GPU, contiguous
   * @throws IllegalArgumentException if it is anything else, or has no elements
   */
  public CudaImages(Tensor images) {
    TensorInfo info = images.info();
    long[] shape = info.sizes();
    if (DType.of(info.dtype()) != DType.UINT8
        || shape.length != 4
        || shape[3] != AugmentFormat.CHANNELS
        || info.numel() == 0
        || shape[1] > Integer.MAX_VALUE
        || shape[2] > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "images are "
              + DType.of(info.dtype())
              + " "
              + Arrays.toString(shape)
              + "; allowed: uint8 [N, H, W, 3], not empty");
    }
    if (!info.contiguous()) {
      throw new IllegalArgumentException(
          "images have strides " + Arrays.toString(info.strides()) + "; allowed: contiguous");
    }
    this.device = Device.of(info.deviceType(), info.deviceIndex());
    if (!device.isCuda()) {
      throw new IllegalArgumentException("images are on " + device + "; allowed: a CUDA device");
    }
    SctTensor.fixStorage(images.handle());
    this.images = images;
    this.address = info.data();
    this.count = shape[0];
    this.height = (int) shape[1];
    this.width = (int) shape[2];
  }

  /** Returns the number of images. */
  public long count() {
    return count;
  }

  /** Returns the rows of each image. */
  public int height() {
    return height;
  }

  /** Returns the columns of each image. */
  public int width() {
    return width;
  }

  /** Returns the GPU that has them. */
  public Device device() {
    return device;
  }

  /**
   * Returns where an image starts.
   *
   * @throws IllegalArgumentException if there is no such image
   */
  long address(long index) {
    if (index < 0 || index >= count) {
      throw new IllegalArgumentException("index is " + index + "; allowed: 0 to " + (count - 1));
    }
    return address + index * height * width * AugmentFormat.CHANNELS;
  }

  /**
   * Checks that the images are still there.
   *
   * @throws IllegalStateException if the tensor is closed
   */
  void requireOpen() {
    images.handle();
  }
}
