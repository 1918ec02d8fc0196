package dev.simclr.train;

import dev.simclr.augment.AugmentParams;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.Augmenter;
import dev.simclr.augment.ViewKey;
import dev.simclr.compute.BatchLoader;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.random.SampleOrder;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Makes the views of a step: of N images, view 1 in rows 0 to N-1, view 2 in rows N to 2N-1, and so
 * on. Which images, and every random number, follow from the seed and the step. Belongs to one
 * thread.
 */
final class ViewFiller implements BatchLoader.RowFiller {
  private final ImageDataset images;
  private final long seed;
  private final int batch;
  private final int stepsPerEpoch;
  private final boolean shuffled;
  private final List<AugmentSampler> views;
  private final Augmenter augmenter;
  private final SampleOrder order;

  /**
   * Prepares to make views.
   *
   * @param images at least a batch
   * @param train seed, batch size and kind of positives
   * @param views for each view what draws it
   * @param augmenter does it; used by no other thread
   */
  ViewFiller(
      ImageDataset images, TrainConfig train, List<AugmentSampler> views, Augmenter augmenter) {
    this.images = images;
    this.seed = train.seed();
    this.batch = train.batch();
    this.stepsPerEpoch = images.size() / batch;
    this.shuffled = train.positives() == TrainConfig.Positives.SHUFFLED;
    this.views = List.copyOf(views);
    this.augmenter = augmenter;
    this.order = SampleOrder.of(seed, images.size());
  }

  /** Returns the image in row {@code row}, 0 to VN-1 with V views, of a step. */
  int image(long step, int row) {
    int first = (int) (step % stepsPerEpoch) * batch;
    int place = row % batch;
    if (shuffled) {
      // The order within a batch is random, so the neighbour is a partner at random.
      place = (place + row / batch) % batch;
    }
    return order.at(step / stepsPerEpoch, first + place);
  }

  @Override
  public void fill(long step, int firstRow, int endRow, MemorySegment out) {
    // All views of an image one after another, while it is in the cache.
    for (int row = firstRow; row < endRow; row++) {
      int index = image(step, row);
      for (int view = 0; view < views.size(); view++) {
        if (shuffled && view > 0) {
          index = image(step, view * batch + row);
        }
        add(step, index, view, row);
      }
    }
    augmenter.run(out);
  }

  private void add(long step, int index, int view, int row) {
    try {
      int height = images.height(index);
      int width = images.width(index);
      ViewKey key = new ViewKey(seed, step / stepsPerEpoch, step, index, view);
      AugmentParams params = views.get(view).sample(key, height, width);
      augmenter.add(images.image(index), height, width, params, (long) view * batch + row);
    } catch (RuntimeException e) {
      augmenter.clear();
      throw new DataException("no view of " + images.name(index) + ": " + e.getMessage(), e);
    }
  }
}
