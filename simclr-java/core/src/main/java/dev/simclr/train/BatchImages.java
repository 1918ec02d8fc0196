package dev.simclr.train;

import dev.simclr.data.ImageDataset;
import java.util.SortedMap;
import java.util.TreeMap;

/** Indices and names of the images in the rows of batches, which messages say. */
final class BatchImages implements LossGuard.Images {
  private final StepImages order;
  private final ImageDataset images;

  /** Prepares the order of {@code images}, at least those of a step. */
  BatchImages(TrainConfig train, ImageDataset images) {
    this.order = new StepImages(train, images.size());
    this.images = images;
  }

  @Override
  public SortedMap<Integer, String> of(long batch, int[] rows) {
    SortedMap<Integer, String> found = new TreeMap<>();
    for (int row : rows) {
      int image = order.image(batch, row);
      found.put(image, images.name(image));
    }
    return found;
  }
}
