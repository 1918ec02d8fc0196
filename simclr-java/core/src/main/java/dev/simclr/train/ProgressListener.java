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
}
