package dev.simclr.train;

import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.checkpoint.SafetensorsWriter;
import dev.simclr.compute.TensorCache;
import dev.simclr.compute.ViewSource;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.JpegDecoders;
import dev.simclr.io.AtomicFiles;
import dev.simclr.optim.Optimizer;
import dev.simclr.torch.Torch;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The training loop of one run: steps, reports, checkpoints, evaluations, and the results at the
 * end.
 *
 * <p>At the end of an epoch the checkpoint comes before the evaluation, so that a run that is
 * killed while it evaluates has lost nothing; resumed, it makes up for the evaluation first.
 */
final class PretrainSession {
  private static final System.Logger LOG = System.getLogger(Pretrainer.class.getName());

  private final RunRequest request;
  private final PretrainConfig config;
  private final TrainConfig train;
  private final ProgressListener listener;
  private final ImageDataset images;
  private final Backend backend;
  private final SimClrModel model;
  private final Optimizer optimizer;
  private final RunFolder folder;
  private final MemoryEstimate memory;
  private final Checkpoints checkpoints;
  private final Optional<Evaluator> evaluator;
  private final Optional<OnlineProbe> probe;
  private final Optional<NegativeQueue> queue;
  private final MeterPass meterPass;
  private final CollapseWatch watch;
  private final StepPlan plan;
  private final long totalSteps;
  private final long startNanos = System.nanoTime();
  private double secondsBefore;

  PretrainSession(
      RunRequest request,
      ImageDataset images,
      StepPlan plan,
      Backend backend,
      SimClrModel model,
      Optimizer optimizer,
      Optional<Evaluator> evaluator,
      Optional<OnlineProbe> probe,
      Optional<NegativeQueue> queue,
      RunFolder folder,
      MemoryEstimate memory) {
    this.request = request;
    this.config = request.config();
    this.train = config.train();
    this.listener = request.listener();
    this.images = images;
    this.backend = backend;
    this.model = model;
    this.optimizer = optimizer;
    this.probe = probe;
    this.queue = queue;
    this.folder = folder;
    this.memory = memory;
    this.checkpoints = new Checkpoints(folder.checkpoints(), train.keepCheckpoints());
    this.evaluator = evaluator;
    this.meterPass = new MeterPass(config, backend, images);
    this.watch = CollapseWatch.of(config);
    this.plan = plan;
    this.totalSteps = plan.steps();
  }

  PretrainResult run() {
    Optional<Checkpoints.Saved> saved =
        request.mode() == RunFolder.Mode.RESUME ? checkpoints.newest() : Optional.empty();
    saved.ifPresentOrElse(this::restore, this::startAgain);
    long first = saved.map(s -> s.state().step()).orElse(0L);
    // Without a checkpoint the run starts again, and so do its metrics.
    long lastMetrics = saved.isPresent() ? first : -1;
    try (MetricsFile metrics = MetricsFile.open(folder.metrics(), lastMetrics)) {
      // The checkpoint of a step is written before the step's evaluation, so it lacks that time.
      secondsBefore += metrics.secondsOfPause(first);
      listener.started(info(first));
      if (!stopping(first)) {
        measureRawPixels(metrics);
      }
      if (!stopping(first)) {
        evaluate(first, metrics);
        measure(first, metrics);
      }
      long finished = train(first, saved.isPresent(), metrics);
      return finished < totalSteps
          ? new PretrainResult(folder.path(), finished, Optional.empty())
          : new PretrainResult(folder.path(), finished, Optional.of(finish(metrics)));
    }
  }

  /** Whether the run is asked to stop, and is not at its end anyway. */
  private boolean stopping(long step) {
    return step < totalSteps && request.stop().isRequested();
  }

  /**
   * Trains until the end or a request to stop, and returns how many steps are finished.
   *
   * @param first steps that are finished before
   * @param restored whether a checkpoint of them is there
   */
  private long train(long first, boolean restored, MetricsFile metrics) {
    try (ViewSource views =
            TrainingViews.open(
                config,
                images,
                backend,
                first * train.accumulate(),
                totalSteps * train.accumulate());
        LossGuard guard =
            new LossGuard(
                backend.device(),
                LossGuard.Mode.of(backend.device()),
                new BatchImages(train, images));
        var _ = TensorCache.open(backend.device(), memory.peakBytes())) {
      TrainStep trainStep =
          new TrainStep(backend, model, optimizer, config, guard, images, probe, queue);
      Pace pace = new Pace(train.imagesPerStep());
      pace.restart(System.nanoTime(), views.waitNanos());
      model.train(true);
      long saved = restored ? first : -1;
      long done = first;
      while (done < totalSteps) {
        if (stopping(done)) {
          if (saved != done) {
            guard.check();
            save(done, metrics);
          }
          return done;
        }
        double lr = plan.schedule().at(done);
        done++;
        boolean pause = plan.pausesAfter(done);
        boolean report = pause || done % train.logEvery() == 0;
        Optional<TrainStep.Values> values = trainStep.run(done, views, lr, report);
        pace.step();
        if (values.isPresent()) {
          guard.check();
          Pace.Reading reading = pace.read(System.nanoTime(), views.waitNanos(), totalSteps - done);
          report(done, values.get(), lr, reading, metrics);
        }
        if (plan.batches().endsEpoch(done)) {
          watch.epochEnded(epochs(done)).forEach(text -> LOG.log(Level.WARNING, text));
        }
        if (pause && checkpointDue(done)) {
          guard.check();
          save(done, metrics);
          saved = done;
        }
        if (pause && !stopping(done)) {
          evaluate(done, metrics);
          measure(done, metrics);
          pace.restart(System.nanoTime(), views.waitNanos());
        }
      }
      return done;
    }
  }

  private int epochs(long step) {
    return plan.batches().finishedEpochs(step);
  }

  private boolean checkpointDue(long step) {
    return step == totalSteps || epochs(step) % train.checkpointEvery() == 0;
  }

  private boolean evaluationDue(long step) {
    boolean learnt = learntProbe().isPresent();
    if (!config.eval().knn() && !config.eval().linear() && !learnt) {
      return false;
    }
    if (step == 0 || step == totalSteps) {
      return true;
    }
    return (config.eval().knn() || learnt || linearDue(step))
        && train.evalEvery() > 0
        && plan.batches().endsEpoch(step)
        && epochs(step) % train.evalEvery() == 0;
  }

  private Optional<OnlineProbe> learntProbe() {
    return probe.filter(OnlineProbe::hasLearnt);
  }

  private boolean linearDue(long step) {
    int every = config.eval().linearEvery();
    return step == 0 || step == totalSteps || every > 0 && epochs(step) % every == 0;
  }

  private boolean metersDue(long step) {
    int every = config.eval().metersEvery();
    boolean pause = step == 0 || plan.pausesAfter(step);
    return every > 0 && pause && (step == totalSteps || epochs(step) % every == 0);
  }

  private void report(
      long step, TrainStep.Values values, double lr, Pace.Reading reading, MetricsFile metrics) {
    StepProgress progress =
        new StepProgress(
            step,
            totalSteps,
            plan.epochOf(step),
            plan.epochs(),
            plan.pausesAfter(step),
            values.loss(),
            values.accuracy(),
            values.entropy(),
            lr,
            reading.imagesPerSecond(),
            reading.dataWait(),
            reading.timeLeft());
    watch.loss(values.loss());
    metrics.append(progress);
    listener.stepped(progress);
  }

  private void measureRawPixels(MetricsFile metrics) {
    if (config.eval().rawPixels() && evaluator.isPresent() && metrics.rawPixels().isEmpty()) {
      double knn = evaluator.get().rawPixels();
      metrics.appendRawPixels(knn);
      listener.rawPixels(knn);
    }
  }

  /** Evaluates if that is due after this step and was not done before. */
  private void evaluate(long step, MetricsFile metrics) {
    if (evaluator.isEmpty()
        || !evaluationDue(step)
        || RunSummary.at(metrics.evaluations(), step).isPresent()) {
      return;
    }
    model.train(false);
    Evaluation evaluation =
        evaluator.get().evaluate(model, step, epochs(step), linearDue(step), learntProbe());
    model.train(true);
    metrics.append(evaluation);
    listener.evaluated(evaluation);
  }

  /** Measures the representation if that is due after this step and was not done before. */
  private void measure(long step, MetricsFile metrics) {
    if (!metersDue(step) || metrics.measured(step)) {
      return;
    }
    model.train(false);
    Meters meters = meterPass.measure(model, step, epochs(step));
    model.train(true);
    metrics.append(meters);
    listener.measured(meters);
    watch.measured(meters).forEach(text -> LOG.log(Level.WARNING, text));
  }

  private void save(long step, MetricsFile metrics) {
    // The loss of the step was finite before its update; its gradient need not have been.
    NonFiniteLossException.requireFinite(model.parameters(), step);
    // What a resumed run takes for granted must not be lost later than the checkpoint.
    metrics.force();
    CheckpointState state =
        new CheckpointState(
            step,
            seconds(),
            images.fingerprint(),
            ConfigEntries.of(config),
            versions(),
            new TreeMap<>());
    Path path =
        checkpoints.save(
            state,
            model.state(),
            optimizer.state(),
            probe.map(OnlineProbe::state),
            queue.map(NegativeQueue::state));
    listener.saved(path, step);
  }

  /** Takes the weights that a resumed run without a checkpoint had begun with. */
  private void startAgain() {
    if (request.mode() == RunFolder.Mode.RESUME) {
      folder.initFrom().ifPresent(model::initFrom);
    }
  }

  private void restore(Checkpoints.Saved saved) {
    CheckpointState state = saved.state();
    ConfigEntries.requireResumable(state.config(), ConfigEntries.of(config));
    if (!state.dataset().equals(images.fingerprint())) {
      throw new DataException(
          "the training images are not those that "
              + folder.path()
              + " was started with: SHA-256 "
              + images.fingerprint()
              + ", then "
              + state.dataset());
    }
    SimClrModel.load(saved.model(), model.state());
    SimClrModel.load(saved.optimizer(), optimizer.state());
    probe.ifPresent(p ->
        saved
            .probe()
            .ifPresentOrElse(
                file -> p.restore(file, state.step()),
                () ->
                    LOG.log(
                        Level.INFO,
                        "eval.probe: the checkpoint has none, so it begins to learn now")));
    queue.ifPresent(q ->
        q.restore(
            saved
                .queue()
                .orElseThrow(() ->
                    new CheckpointException(
                        saved.path() + " has no queue, which loss.queue asks for")),
            state.step() * train.accumulate()));
    secondsBefore = state.seconds();
  }

  /** Writes the trained networks and the results. */
  private RunSummary finish(MetricsFile metrics) {
    NonFiniteLossException.requireFinite(model.parameters(), totalSteps);
    EncoderConfig encoder = EncoderConfig.of(config);
    // Whoever wrote the encoder knows its architecture, and the configuration does not.
    Map<String, String> metadata =
        request.encoder().isPresent() ? EncoderMetadata.ofViews(encoder) : encoder.metadata();
    SafetensorsWriter.write(folder.encoder(), model.encoder().state(), metadata);
    SafetensorsWriter.write(folder.head(), model.head().state(), Map.of("format", "pt"));
    List<Evaluation> evaluations = metrics.evaluations();
    RunSummary summary =
        new RunSummary(
            totalSteps,
            epochs(totalSteps),
            images.size(),
            seconds(),
            backend.precision().bf16() ? "bf16" : "float32",
            backend.device().toString(),
            Torch.version(),
            images.fingerprint(),
            metrics.rawPixels(),
            RunSummary.untrained(evaluations),
            RunSummary.at(evaluations, totalSteps),
            RunSummary.best(evaluations));
    AtomicFiles.write(folder.summary(), summary.toJson());
    return summary;
  }

  private double seconds() {
    return secondsBefore + (System.nanoTime() - startNanos) * 1e-9;
  }

  private static SortedMap<String, String> versions() {
    return new TreeMap<>(Map.of("libtorch", Torch.version(), "java", Runtime.version().toString()));
  }

  private Optional<String> jpegDecoder() {
    boolean files = request.trainImages().isEmpty() && config.data().source().hasFiles();
    return files ? Optional.of(JpegDecoders.describe()) : Optional.empty();
  }

  private RunInfo info(long first) {
    return new RunInfo(
        folder.path(),
        images,
        evaluator.map(Evaluator::testImages).orElse(0),
        first,
        totalSteps,
        plan.batches().stepsPerEpoch(),
        backend.device().toString(),
        backend.precision(),
        backend.threads(),
        backend.loaderThreads(),
        model.parameterCount(),
        plan.schedule().peak(),
        memory,
        jpegDecoder());
  }
}
