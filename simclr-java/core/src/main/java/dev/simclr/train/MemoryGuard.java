package dev.simclr.train;

import java.lang.System.Logger.Level;
import java.util.OptionalLong;

/** Compares a run's estimated peak with the memory available before it starts. */
final class MemoryGuard {
  private static final System.Logger LOG = System.getLogger(Pretrainer.class.getName());

  private MemoryGuard() {}

  /**
   * Refuses or warns, as configured, if the estimate exceeds what is available.
   *
   * @throws InsufficientMemoryException if such a run is to be refused
   */
  static void check(MemoryEstimate estimate, OptionalLong available, TrainConfig train) {
    if (available.isEmpty() || estimate.peakBytes() <= available.getAsLong()) {
      return;
    }
    String message =
        "the run needs about "
            + estimate
            + ", but "
            + MemoryEstimate.mib(available.getAsLong())
            + " MiB are available; lower train.batch, which is "
            + train.batch()
            + ", or encode it in parts with train.chunk";
    switch (train.memoryCheck()) {
      case WARN -> LOG.log(Level.WARNING, message);
      case REFUSE ->
          throw new InsufficientMemoryException(
              message + ", or set train.memory_check=warn",
              estimate.peakBytes(),
              available.getAsLong());
    }
  }
}
