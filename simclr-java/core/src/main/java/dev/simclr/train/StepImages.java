package dev.simclr.train;

import dev.simclr.random.SampleOrder;

/**
 * Which image is in which row of a batch: of N images, view 1 in rows 0 to N-1, view 2 in rows N to
 * 2N-1, and so on. Follows from the seed and the number of the batch, of which a step has {@code
 * train.accumulate}. Belongs to one thread.
 */
final class StepImages {
  private final int batch;
  private final int accumulate;
  private final Batches batches;
  private final boolean shuffled;
  private final SampleOrder order;

  /**
   * Prepares the order.
   *
   * @param train seed, batch size, batching and kind of positives
   * @param images how many there are, at least those of a step
   */
  StepImages(TrainConfig train, int images) {
    this.batch = train.batch();
    this.accumulate = train.accumulate();
    this.batches = Batches.of(train, images);
    this.shuffled = train.positives() == TrainConfig.Positives.SHUFFLED;
    this.order = SampleOrder.of(train.seed(), images);
  }

  /** Returns the image in row {@code row}, 0 to VN-1 with V views, of a batch, from 0. */
  int image(long number, int row) {
    long step = number / accumulate;
    int place = place(number, row);
    return order.at(batches.epoch(step, place), batches.position(step, place));
  }

  /** Returns the epoch, from 0, of the image in a row. */
  long epoch(long number, int row) {
    return batches.epoch(number / accumulate, place(number, row));
  }

  /** Returns the place among the images of the step of the image in a row. */
  private int place(long number, int row) {
    int before = Math.toIntExact(number % accumulate) * batch;
    // The order within a batch is random, so the neighbour is a partner at random.
    return before + (shuffled ? (row + row / batch) % batch : row % batch);
  }
}
