package dev.simclr.train;

import java.nio.file.Path;

/**
 * Hears about a run. All methods are called on the run's compute thread, so they should return
 * quickly; what they throw ends the run.
 */
public interface ProgressListener {
  /** Ignores everything. */
  ProgressListener NONE = new ProgressListener() {};

  /** The run is about to take its first step. */
  default void started(RunInfo run) {}

  /** Another {@code train.log_every} steps, or an epoch, are done. */
  default void stepped(StepProgress progress) {}

  /** The network was evaluated; step 0 is the untrained one. */
  default void evaluated(Evaluation evaluation) {}

  /** The representation was measured without labels; step 0 is the untrained one. */
  default void measured(Meters meters) {}

  /** kNN on raw pixels was measured: accuracy in [0, 1]. */
  default void rawPixels(double knn) {}

  /** A checkpoint is safely on the disk. */
  default void saved(Path checkpoint, long step) {}

  /** Returns a listener that tells this one, then another. */
  default ProgressListener andThen(ProgressListener next) {
    ProgressListener first = this;
    return new ProgressListener() {
      @Override
      public void started(RunInfo run) {
        first.started(run);
        next.started(run);
      }

      @Override
      public void stepped(StepProgress progress) {
        first.stepped(progress);
        next.stepped(progress);
      }

      @Override
      public void evaluated(Evaluation evaluation) {
        first.evaluated(evaluation);
        next.evaluated(evaluation);
      }

      @Override
      public void measured(Meters meters) {
        first.measured(meters);
        next.measured(meters);
      }

      @Override
      public void rawPixels(double knn) {
        first.rawPixels(knn);
        next.rawPixels(knn);
      }

      @Override
      public void saved(Path checkpoint, long step) {
        first.saved(checkpoint, step);
        next.saved(checkpoint, step);
      }
    };
  }
}
