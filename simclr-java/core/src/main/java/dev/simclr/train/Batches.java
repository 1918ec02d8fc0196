package dev.simclr.train;

/**
 * Which positions of which epochs make up the batch of a step; what image is at a position is a
 * matter of {@link dev.simclr.random.SampleOrder}. Steps, epochs, places and positions count from
 * 0.
 *
 * @param images n, at least {@code batch}
 * @param batch B, of all that is accumulated for a step
 * @param continuous whether batches run on across epochs
 */
record Batches(int images, int batch, boolean continuous) {
  static Batches of(TrainConfig train, int images) {
    return new Batches(
        images, train.imagesPerStep(), train.batching() == TrainConfig.Batching.CONTINUOUS);
  }

  /** Returns how many samples come before a place of the batch of a step, over all epochs. */
  private long before(long step, int place) {
    return continuous
        ? step * batch + place
        : step / wholeBatches() * images + step % wholeBatches() * batch + place;
  }

  private int wholeBatches() {
    return images / batch;
  }

  /** Returns the epoch of the sample at a place of the batch. */
  long epoch(long step, int place) {
    return before(step, place) / images;
  }

  /** Returns the position in its epoch of the sample at a place of the batch. */
  int position(long step, int place) {
    return (int) (before(step, place) % images);
  }

  /** Returns how many epochs are over after a number of steps. */
  int finishedEpochs(long steps) {
    return Math.toIntExact(continuous ? steps * batch / images : steps / wholeBatches());
  }

  /** Whether the last of a number of steps is the one with which an epoch is over. */
  boolean endsEpoch(long steps) {
    return steps > 0 && finishedEpochs(steps) > finishedEpochs(steps - 1);
  }

  /** Returns the steps of an epoch, rounded up. */
  int stepsPerEpoch() {
    return continuous ? Math.ceilDiv(images, batch) : wholeBatches();
  }

  /** Returns the steps of a number of epochs. */
  long steps(int epochs) {
    return continuous ? (long) images * epochs / batch + 1 : (long) wholeBatches() * epochs;
  }

  /** Returns how many steps the warm-up has; in the reference its last, partial one is left out. */
  long warmupSteps(double epochs) {
    return continuous ? (long) (epochs * images / batch) : Math.round(epochs * wholeBatches());
  }
}
