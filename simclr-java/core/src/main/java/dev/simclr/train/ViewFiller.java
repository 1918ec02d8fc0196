package dev.simclr.train;

import dev.simclr.augment.AugmentParams;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.Augmenter;
import dev.simclr.compute.BatchLoader;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.random.SampleOrder;
import java.lang.foreign.MemorySegment;

/**
 * Makes the views of a step: of N images, view 1 in rows 0 to N-1 and view 2 in rows N to 2N-1.
 * Which images, and every random number, follow from the seed and the step. Belongs to one thread.
 */
final class ViewFiller implements BatchLoader.RowFiller {
  private final ImageDataset images;
  private final long seed;
  private final int batch;
  private final int stepsPerEpoch;
  private final boolean shuffled;
  private final AugmentSampler sampler;
  private final Augmenter augmenter;
  private final SampleOrder order;

  /**
   * Prepares to make views.
   *
   * @param images at least a batch
   * @param train seed, batch size and kind of positives
   * @param sampler draws what is done to an image
   * @param augmenter does it; used by no other thread
   */
  ViewFiller(ImageDataset images, TrainConfig train, AugmentSampler sampler, Augmenter augmenter) {
    this.images = images;
    this.seed = train.seed();
    this.batch = train.batch();
    this.stepsPerEpoch = images.size() / batch;
    this.shuffled = train.positives() == TrainConfig.Positives.SHUFFLED;
    this.sampler = sampler;
    this.augmenter = augmenter;
    this.order = SampleOrder.of(seed, images.size());
  }

  /** Returns the image in row {@code row}, 0 to 2N-1, of a step. */
  int image(long step, int row) {
    int first = (int) (step % stepsPerEpoch) * batch;
    int place = row % batch;
    if (shuffled && row >= batch) {
      // The order within a batch is random, so the neighbour is a partner at random.
      place = (place + 1) % batch;
    }
    return order.at(step / stepsPerEpoch, first + place);
  }

  @Override
  public void fill(long step, int row, MemorySegment views) {
    write(step, row, views);
    write(step, batch + row, views);
  }

  private void write(long step, int row, MemorySegment views) {
    int index = image(step, row);
    try {
      int height = images.height(index);
      int width = images.width(index);
      AugmentParams params =
          sampler.sample(seed, step / stepsPerEpoch, index, row / batch, height, width);
      augmenter.apply(
          images.image(index), height, width, params, views, row * augmenter.format().bytes());
    } catch (RuntimeException e) {
      throw new DataException("no view of " + images.name(index) + ": " + e.getMessage(), e);
    }
  }
}
