package dev.simclr.train;

import dev.simclr.augment.EvalTransform;
import dev.simclr.augment.ViewFormat;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Features of all images of a data set, in its order, without augmentation. Always float32, so that
 * an evaluation during training agrees with one of the saved encoder.
 */
final class Features {
  private Features() {}

  /**
   * Computes features; images are prepared on loader threads meanwhile.
   *
   * @param images the images
   * @param format of the views that the network is given
   * @param batch images of one forward pass
   * @param backend device and threads
   * @param dim D
   * @param network {@code [b, 3, S, S]} to {@code [b, D]}
   * @return {@code [n, D]} float32, owned by the innermost scope
   */
  static Tensor of(
      ImageDataset images,
      ViewFormat format,
      int batch,
      Backend backend,
      long dim,
      UnaryOperator<Tensor> network) {
    int size = images.size();
    int rows = Math.min(batch, size);
    long batches = Math.ceilDiv(size, rows);
    Supplier<BatchLoader.RowFiller> fillers =
        () -> {
          EvalTransform transform = new EvalTransform(format);
          return (step, row, views) -> {
            long index = step * rows + row;
            if (index < size) {
              write(images, (int) index, transform, views, row * format.bytes());
            }
          };
        };
    try (var scope = TensorScope.open();
        var _ = GradMode.noGrad();
        ViewLoader loader =
            new ViewLoader(
                fillers, rows, 1, format, 0, batches, backend.loaderThreads(), backend.device())) {
      Tensor all = Tensor.zeros(DType.FLOAT32, backend.device(), size, dim);
      for (long step = 0; step < batches; step++) {
        try (var _ = TensorScope.open();
            ViewLoader.Views views = loader.next()) {
          long first = step * rows;
          long count = Math.min(rows, size - first);
          Tensor present = views.tensor().narrow(0, 0, count);
          all.narrow(0, first, count).copyFrom(network.apply(present));
        }
      }
      return scope.keep(all);
    }
  }

  private static void write(
      ImageDataset images, int index, EvalTransform transform, MemorySegment out, long offset) {
    try {
      transform.apply(images.image(index), images.height(index), images.width(index), out, offset);
    } catch (RuntimeException e) {
      throw new DataException("no view of " + images.name(index) + ": " + e.getMessage(), e);
    }
  }
}
