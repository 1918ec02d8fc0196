package dev.simclr.cli;

import dev.simclr.train.Evaluation;
import dev.simclr.train.Meters;
import dev.simclr.train.StepProgress;
import java.nio.file.Path;
import java.util.OptionalDouble;
import tools.jackson.databind.JsonNode;

/** Pictures of how a run goes, from its first step on. */
final class RunPlots {
  /** The loss of the steps that were reported. */
  final Plot loss = new Plot("Loss", "");

  /** Accuracies, in %. */
  final Plot accuracy = new Plot("Accuracy on the test images", "%");

  /** Those of {@link Meters} that have one scale. */
  final Plot meters = new Plot("Normalised z of fixed images", "");

  /** Effective ranks. */
  final Plot rank = new Plot("Effective rank (RankMe) on fixed images", "");

  /**
   * Takes what a run has reported before it was resumed.
   *
   * @param metrics its {@code metrics.jsonl}, which need not exist
   */
  static RunPlots read(Path metrics) {
    RunPlots plots = new RunPlots();
    for (JsonNode line : RunReport.lines(metrics)) {
      long step = line.path("step").asLong();
      switch (line.path("type").asString("")) {
        case "train" -> plots.addLoss(step, line.path("loss").asDouble());
        case "eval" ->
            plots.addAccuracy(
                step,
                RunReport.number(line, "knn"),
                RunReport.number(line, "linear"),
                RunReport.number(line, "probe_h"),
                RunReport.number(line, "probe_z"));
        case "meters" ->
            plots.addMeters(
                step,
                RunReport.number(line, "std"),
                RunReport.number(line, "alignment"),
                RunReport.number(line, "uniformity"),
                RunReport.number(line, "rankme_h"),
                RunReport.number(line, "rankme_z"));
        default -> {
          // Nothing that changes while the run goes on.
        }
      }
    }
    return plots;
  }

  void add(StepProgress p) {
    addLoss(p.step(), p.loss());
  }

  void add(Evaluation e) {
    addAccuracy(e.step(), e.knn(), e.linear(), e.probeH(), e.probeZ());
  }

  void add(Meters m) {
    addMeters(
        m.step(),
        OptionalDouble.of(m.std()),
        OptionalDouble.of(m.alignment()),
        OptionalDouble.of(m.uniformity()),
        OptionalDouble.of(m.rankMeH()),
        OptionalDouble.of(m.rankMeZ()));
  }

  private void addLoss(long step, double value) {
    loss.add("loss", step, value);
  }

  private void addAccuracy(
      long step,
      OptionalDouble knn,
      OptionalDouble linear,
      OptionalDouble probeH,
      OptionalDouble probeZ) {
    knn.ifPresent(value -> accuracy.add("kNN", step, 100 * value));
    linear.ifPresent(value -> accuracy.add("linear", step, 100 * value));
    probeH.ifPresent(value -> accuracy.add("probe h", step, 100 * value));
    probeZ.ifPresent(value -> accuracy.add("probe z", step, 100 * value));
  }

  private void addMeters(
      long step,
      OptionalDouble std,
      OptionalDouble alignment,
      OptionalDouble uniformity,
      OptionalDouble rankH,
      OptionalDouble rankZ) {
    std.ifPresent(value -> meters.add("std", step, value));
    alignment.ifPresent(value -> meters.add("alignment", step, value));
    uniformity.ifPresent(value -> meters.add("uniformity", step, value));
    rankH.ifPresent(value -> rank.add("h", step, value));
    rankZ.ifPresent(value -> rank.add("z", step, value));
  }
}
