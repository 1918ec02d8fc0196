package dev.simclr.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where a run is kept and how it starts, as options that commands share. */
final class RunOptions {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The run folder; by default runs/<recipe>-<date>-<time>.")
  Optional<Path> out = Optional.empty();

  @Option(
      names = "--resume",
      description =
          "Go on with the run in --out from its last checkpoint. Its configuration stays; settings"
              + " that are given must agree with it.")
  boolean resume;

  @Option(names = "--overwrite", description = "Delete the run that is in --out, if any.")
  boolean overwrite;

  @Option(
      names = "--init-from",
      paramLabel = "PATH",
      description =
          "Start a new run from these weights: a run folder, or an encoder in safetensors."
              + " Optimizer state and step are not taken over; that is what --resume is for.")
  Optional<Path> initFrom = Optional.empty();

  @Option(
      names = "--no-figures",
      description =
          "Write scalars for TensorBoard only, no sheet of views and no pictures of the curves.")
  boolean noFigures;

  @Option(names = "--quiet", description = "Print errors only; the run's train.log has the rest.")
  boolean quiet;

  /** Refuses combinations that contradict each other. */
  void check() {
    if (resume && overwrite) {
      throw new ConfigException("--resume and --overwrite exclude each other");
    }
    if (resume && initFrom.isPresent()) {
      throw new ConfigException(
          "--resume and --init-from exclude each other: the first goes on with a run, the second"
              + " starts a new one");
    }
    if (resume && out.isEmpty()) {
      throw new ConfigException("--resume needs --out DIR, the folder of the run");
    }
  }
}
