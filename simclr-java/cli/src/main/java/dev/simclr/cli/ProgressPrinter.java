package dev.simclr.cli;

import dev.simclr.train.Evaluation;
import dev.simclr.train.Meters;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.ProgressListener;
import dev.simclr.train.RunInfo;
import dev.simclr.train.StepProgress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.StringJoiner;

/**
 * Tells a person how a run goes: what it resolved to, a status line, a line at the end of each
 * epoch (and every few seconds where no status line can be shown), and each evaluation.
 */
final class ProgressPrinter implements ProgressListener {
  private static final long PLAIN_LINE_NANOS = Duration.ofSeconds(30).toNanos();

  private final Console console;
  private final PretrainConfig config;
  private long lastLine = System.nanoTime();
  private int lastEpoch;

  ProgressPrinter(Console console, PretrainConfig config) {
    this.console = console;
    this.config = config;
  }

  @Override
  public void started(RunInfo run) {
    console.fact("run folder", run.folder().toString());
    console.fact(
        "data",
        Plural.trainAndTest(run.images(), run.testImages())
            + "; "
            + Plural.of(run.stepsPerEpoch(), "step")
            + " an epoch");
    run.jpegDecoder().ifPresent(decoder -> console.fact("jpeg", "decoded by " + decoder));
    console.fact(
        "model", String.format(Locale.ROOT, "%,d parameters, head included", run.parameters()));
    LossFacts.print(console, config);
    console.fact(
        "device",
        String.format(
            Locale.ROOT,
            "%s, %s, %s",
            run.device(),
            threads(run.threads(), "compute"),
            threads(run.loaderThreads(), "loader")));
    console.fact("memory", "estimated peak " + run.memory());
    console.fact("peak lr", String.format(Locale.ROOT, "%.4g", run.peakLr()));
    if (run.firstStep() > 0) {
      console.fact(
          "resumed",
          String.format(Locale.ROOT, "after step %,d of %,d", run.firstStep(), run.totalSteps()));
    }
  }

  @Override
  public void stepped(StepProgress p) {
    String text = describe(p);
    boolean due = !console.terminal() && System.nanoTime() - lastLine > PLAIN_LINE_NANOS;
    if ((p.epochEnd() && p.epoch() != lastEpoch) || due) {
      console.line(text);
      lastLine = System.nanoTime();
      lastEpoch = p.epochEnd() ? p.epoch() : lastEpoch;
    } else {
      console.status(text);
    }
  }

  @Override
  public void evaluated(Evaluation e) {
    String when = e.step() == 0 ? "untrained" : "epoch " + e.epoch();
    console.line(String.format("%-12s %s", when, accuracies(e)) + seconds(e.seconds()));
  }

  @Override
  public void measured(Meters m) {
    String when = m.step() == 0 ? "untrained" : "epoch " + m.epoch();
    console.line(
        String.format(
                Locale.ROOT,
                "%-12s z std %.3f, RankMe z %.1f, h %.1f, alignment %.3f, uniformity %.3f",
                when,
                m.std(),
                m.rankMeZ(),
                m.rankMeH(),
                m.alignment(),
                m.uniformity())
            + seconds(m.seconds()));
  }

  @Override
  public void rawPixels(double knn) {
    console.fact("raw pixels", String.format(Locale.ROOT, "kNN %.2f %%", 100 * knn));
  }

  @Override
  public void saved(Path checkpoint, long step) {
    console.status("saved " + checkpoint);
  }

  private static String threads(int count, String use) {
    return count + " " + use + (count == 1 ? " thread" : " threads");
  }

  private static String describe(StepProgress p) {
    return String.format(
        Locale.ROOT,
        "epoch %d/%d  step %d/%d  loss %.4f  acc %.1f %%  lr %.4f  %.0f images/s  data wait %.1f %%"
            + "  left %s",
        p.epoch(),
        p.epochs(),
        p.step(),
        p.totalSteps(),
        p.loss(),
        100 * p.contrastiveAccuracy(),
        p.lr(),
        p.imagesPerSecond(),
        100 * p.dataWait(),
        clock(p.timeLeft()));
  }

  /** Accuracies in percent, as far as they were measured. */
  static String accuracies(Evaluation e) {
    StringJoiner text = new StringJoiner(", ");
    add(text, "kNN", e.knn());
    add(text, "linear", e.linear());
    add(text, "probe on h", e.probeH());
    add(text, "probe on z", e.probeZ());
    return text.toString();
  }

  private static void add(StringJoiner text, String name, OptionalDouble accuracy) {
    if (accuracy.isPresent()) {
      text.add(String.format(Locale.ROOT, "%s %.2f %%", name, 100 * accuracy.getAsDouble()));
    }
  }

  private static String seconds(double seconds) {
    return String.format(Locale.ROOT, "  (%.1f s)", seconds);
  }

  private static String clock(Duration d) {
    return d.toHours() > 0
        ? String.format("%d:%02d:%02d", d.toHours(), d.toMinutesPart(), d.toSecondsPart())
        : String.format("%d:%02d", d.toMinutes(), d.toSecondsPart());
  }
}
