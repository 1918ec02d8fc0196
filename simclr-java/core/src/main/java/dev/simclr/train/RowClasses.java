package dev.simclr.train;

import dev.simclr.data.ImageDataset;
import java.util.stream.IntStream;

/** The class of the image in each row of a batch, see {@link StepImages}. Belongs to one thread. */
final class RowClasses {
  private final int[] labels;
  private final StepImages order;

  /**
   * Reads the labels.
   *
   * @param train seed, batches and views
   * @param images labelled training images
   */
  RowClasses(TrainConfig train, ImageDataset images) {
    this.labels = IntStream.range(0, images.size()).map(images::label).toArray();
    this.order = new StepImages(train, images.size());
  }

  /** Returns the class in row {@code row}, 0 to VN-1 with V views, of a batch, from 0. */
  int of(long batch, int row) {
    return labels[order.image(batch, row)];
  }

  /** Returns the classes in rows 0 to {@code rows - 1} of a batch, from 0. */
  long[] of(long batch, long rows) {
    return IntStream.range(0, Math.toIntExact(rows)).mapToLong(row -> of(batch, row)).toArray();
  }
}
