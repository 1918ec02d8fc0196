package dev.simclr.compute;

import dev.simclr.augment.EvalTransform;
import dev.simclr.augment.ViewFormat;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.ImagePart;
import dev.simclr.data.PixelReader;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Computes features of all images of a data set, in its order, without augmentation. Always
 * float32, so that an evaluation during training agrees with one of the saved encoder.
 *
 * @param format of the views that the network is given
 * @param batch images of one forward pass
 * @param device where the network is
 * @param loaderThreads threads that prepare images meanwhile
 */
public record Features(ViewFormat format, int batch, Device device, int loaderThreads) {

  /**
   * Checks the format.
   *
   * @throws IllegalArgumentException if the views are not float32
   */
  public Features {
    if (format.dtype() != DType.FLOAT32) {
      throw new IllegalArgumentException(
          "format.dtype is " + format.dtype() + "; allowed: float32, for evaluation");
    }
  }

  /** Takes the features of one forward pass after the other. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Takes features.
     *
     * @param first index of the first image
     * @param rows {@code [b, D]} float32 on the device, freed after the call
     */
    void accept(long first, Tensor rows);
  }

  /**
   * Computes the features of a data set as one tensor.
   *
   * @param images the images
   * @param dim D
   * @param network {@code [b, 3, S, S]} to {@code [b, D]}
   * @return {@code [n, D]} float32 on the device, owned by the innermost scope
   * @throws DataException naming the image of which no view can be made
   */
  public Tensor all(ImageDataset images, long dim, UnaryOperator<Tensor> network) {
    try (var scope = TensorScope.open();
        var _ = GradMode.noGrad()) {
      Tensor all = Tensor.zeros(DType.FLOAT32, device, images.size(), dim);
      stream(images, network, (first, rows) -> all.narrow(0, first, rows.size(0)).copyFrom(rows));
      return scope.keep(all);
    }
  }

  /**
   * Computes the features of a data set, a batch at a time.
   *
   * @param images the images
   * @param network {@code [b, 3, S, S]} to {@code [b, D]}
   * @param sink takes the features
   * @throws DataException naming the image of which no view can be made
   */
  public void stream(ImageDataset images, UnaryOperator<Tensor> network, Sink sink) {
    int size = images.size();
    int rows = Math.min(batch, size);
    long batches = Math.ceilDiv(size, rows);
    Supplier<BatchLoader.RowFiller> fillers =
        () -> {
          EvalTransform transform = new EvalTransform(format);
          PixelReader reader = images.reader();
          return (step, firstRow, endRow, views) -> {
            long first = step * rows;
            for (int row = firstRow; row < endRow && first + row < size; row++) {
              add(images, reader, (int) (first + row), transform, row);
              if (reader.decodes()) {
                // While the pixels are in the cache, and in the same memory each time.
                transform.run(views);
                reader.recycle();
              }
            }
            transform.run(views);
          };
        };
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad();
        var _ = TensorCache.open(device);
        ViewLoader loader =
            new ViewLoader(fillers, rows, 1, format, 0, batches, loaderThreads, device)) {
      for (long step = 0; step < batches; step++) {
        try (var _ = TensorScope.open();
            ViewSource.Views views = loader.next()) {
          long first = step * rows;
          long count = Math.min(rows, size - first);
          sink.accept(first, network.apply(views.tensor().narrow(0, 0, count)));
        }
      }
    }
  }

  private static void add(
      ImageDataset images, PixelReader reader, int index, EvalTransform transform, int row) {
    try {
      ImagePart whole = reader.read(index);
      transform.add(whole.pixels(), whole.box().height(), whole.box().width(), row);
    } catch (RuntimeException e) {
      throw new DataException("no view of " + images.name(index) + ": " + e.getMessage(), e);
    }
  }
}
