package dev.simclr.cli;

import dev.simclr.io.AtomicFiles;
import dev.simclr.train.Evaluation;
import dev.simclr.train.Meters;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.ProgressListener;
import dev.simclr.train.RunInfo;
import dev.simclr.train.StepProgress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Locale;
import java.util.Optional;
import java.util.logging.Logger;

/**
 * Writes what {@code metrics.jsonl} gets to {@code tensorboard/} in the run folder too, a sheet of
 * views with the first step that is reported, and pictures of the curves so far with each
 * evaluation and measurement: {@code tensorboard --logdir runs} shows all runs below it.
 */
final class TensorBoardWriter implements ProgressListener, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(TensorBoardWriter.class.getName());
  private static final int IMAGES = 8;

  private final PretrainConfig config;
  private final boolean figures;
  private final Clock clock = Clock.systemUTC();
  private EventFile events;
  private RunPlots plots;
  private Optional<RunInfo> toDraw = Optional.empty();
  private boolean warned;
  private long lossDrawn = -1;

  /**
   * Creates a writer for one run.
   *
   * @param figures whether there are pictures beside scalars
   */
  TensorBoardWriter(PretrainConfig config, boolean figures) {
    this.config = config;
    this.figures = figures;
  }

  @Override
  public void started(RunInfo run) {
    Path folder = run.folder().resolve("tensorboard");
    AtomicFiles.createDirectories(folder);
    events = EventFile.create(folder.resolve(fileName()), run.firstStep(), clock);
    plots = RunPlots.read(run.folder().resolve("metrics.jsonl"));
    // Drawing takes as long as the first steps of a small network; they come first.
    toDraw = Optional.of(run).filter(r -> figures && r.firstStep() == 0);
  }

  private void drawViews(RunInfo run) {
    ViewSheet sheet = ViewSheets.draw(config, run.dataset(), IMAGES, (_, _, _) -> {});
    events.image("views", 0, sheet.height(), sheet.width(), sheet.png());
    toDraw = Optional.empty();
  }

  /** The name that TensorFlow would choose, with milliseconds: a run may be resumed at once. */
  private String fileName() {
    long millis = clock.millis();
    return String.format(
        Locale.ROOT,
        "events.out.tfevents.%010d.%s.%d.%03d",
        millis / 1000,
        host(),
        ProcessHandle.current().pid(),
        millis % 1000);
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      // A machine whose name does not resolve; the name only tells files apart.
      return "localhost";
    }
  }

  @Override
  public void stepped(StepProgress p) {
    events.scalar("train/loss", p.step(), p.loss());
    events.scalar("train/contrastive_accuracy", p.step(), p.contrastiveAccuracy());
    events.scalar("train/contrastive_entropy", p.step(), p.contrastiveEntropy());
    events.scalar("train/lr", p.step(), p.lr());
    events.scalar("train/images_per_second", p.step(), p.imagesPerSecond());
    events.scalar("train/data_wait", p.step(), p.dataWait());
    plots.add(p);
    toDraw.ifPresent(this::drawViews);
  }

  @Override
  public void evaluated(Evaluation e) {
    e.knn().ifPresent(value -> events.scalar("eval/knn", e.step(), value));
    e.linear().ifPresent(value -> events.scalar("eval/linear", e.step(), value));
    e.probeH().ifPresent(value -> events.scalar("eval/probe_h", e.step(), value));
    e.probeZ().ifPresent(value -> events.scalar("eval/probe_z", e.step(), value));
    plots.add(e);
    draw("accuracy", e.step(), plots.accuracy);
    drawLoss(e.step());
  }

  @Override
  public void measured(Meters m) {
    events.scalar("meters/std", m.step(), m.std());
    events.scalar("meters/rankme_z", m.step(), m.rankMeZ());
    events.scalar("meters/rankme_h", m.step(), m.rankMeH());
    events.scalar("meters/alignment", m.step(), m.alignment());
    events.scalar("meters/uniformity", m.step(), m.uniformity());
    plots.add(m);
    draw("meters", m.step(), plots.meters);
    draw("rank", m.step(), plots.rank);
    drawLoss(m.step());
  }

  /** Once for a step, be it evaluated or measured or both. */
  private void drawLoss(long step) {
    if (step != lossDrawn) {
      draw("loss", step, plots.loss);
      lossDrawn = step;
    }
  }

  private void draw(String name, long step, Plot plot) {
    if (figures && !plot.curves().isEmpty() && canDraw()) {
      events.image("plots/" + name, step, Plot.HEIGHT, Plot.WIDTH, plot.png());
    }
  }

  /** A run is worth more than its pictures: without fonts it goes on, and says so once. */
  private boolean canDraw() {
    Optional<String> missing = Fonts.missing();
    if (missing.isPresent() && !warned) {
      LOG.warning("no plots in tensorboard/: this Java cannot draw text (" + missing.get() + ")");
      warned = true;
    }
    return missing.isEmpty();
  }

  @Override
  public void close() {
    if (events != null) {
      events.close();
    }
  }
}
