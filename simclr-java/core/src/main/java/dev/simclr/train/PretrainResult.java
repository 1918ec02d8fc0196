package dev.simclr.train;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How a run ended.
 *
 * @param folder the run folder
 * @param steps finished steps
 * @param summary results; absent if the run was stopped, in which case it can be resumed
 */
public record PretrainResult(Path folder, long steps, Optional<RunSummary> summary) {

  /** Returns whether all epochs are done; otherwise the run was stopped on request. */
  public boolean finished() {
    return summary.isPresent();
  }

  /** Returns the file with the trained encoder, which a finished run has. */
  public Path encoder() {
    return folder.resolve("model.safetensors");
  }
}
