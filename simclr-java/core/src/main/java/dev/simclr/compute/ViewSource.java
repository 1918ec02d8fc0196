package dev.simclr.compute;

import dev.simclr.torch.Tensor;

/** Batches of views, one after the other. Belongs to the thread that computes. */
public interface ViewSource extends AutoCloseable {
  /**
   * The views of one batch.
   *
   * @param tensor {@code [views, 3, S, S]}, owned by the scope that was innermost in {@link #next}
   * @param release gives their memory back, after which the tensor must not be used
   */
  record Views(Tensor tensor, Runnable release) implements AutoCloseable {
    @Override
    public void close() {
      release.run();
    }
  }

  /** Returns the views of the next batch, once they are there or on their way. */
  Views next();

  /** Returns the time spent in {@link #next}, waiting or working, in nanoseconds. */
  long waitNanos();

  @Override
  void close();
}
