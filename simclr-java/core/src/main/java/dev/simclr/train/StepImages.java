package dev.simclr.train;

import dev.simclr.random.SampleOrder;

/**
 * Which image is in which row of a step: of N images, view 1 in rows 0 to N-1, view 2 in rows N to
 * 2N-1, and so on. Follows from the seed and the step. Belongs to one thread.
 */
final class StepImages {
  private final int batch;
  private final Batches batches;
  private final boolean shuffled;
  private final SampleOrder order;

  /**
   * Prepares the order.
   *
   * @param train seed, batch size, batching and kind of positives
   * @param images how many there are, at least a batch
   */
  StepImages(TrainConfig train, int images) {
    this.batch = train.batch();
    this.batches = Batches.of(train, images);
    this.shuffled = train.positives() == TrainConfig.Positives.SHUFFLED;
    this.order = SampleOrder.of(train.seed(), images);
  }

  /** Returns the image in row {@code row}, 0 to VN-1 with V views, of a step, from 0. */
  int image(long step, int row) {
    int place = place(row);
    return order.at(batches.epoch(step, place), batches.position(step, place));
  }

  /** Returns the epoch, from 0, of the image in a row. */
  long epoch(long step, int row) {
    return batches.epoch(step, place(row));
  }

  /** Returns the place in the batch of the image in a row. */
  private int place(int row) {
    // The order within a batch is random, so the neighbour is a partner at random.
    return shuffled ? (row + row / batch) % batch : row % batch;
  }
}
