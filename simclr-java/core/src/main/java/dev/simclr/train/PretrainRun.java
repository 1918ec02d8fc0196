package dev.simclr.train;

import dev.simclr.compute.ViewLoader;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.ImageLabels;
import dev.simclr.optim.Optimizer;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.Torch;
import java.util.Optional;
import java.util.function.Supplier;

/** Sets up one run of {@link Pretrainer} on its compute thread, refusing early what cannot work. */
final class PretrainRun {
  private final RunRequest request;
  private final PretrainConfig config;

  PretrainRun(RunRequest request) {
    this.request = request;
    this.config = request.config();
  }

  /** Runs; nothing in the run folder is touched before all that can be refused was refused. */
  PretrainResult execute() {
    RunFolder.requireUsable(request.folder(), request.mode());
    boolean deterministic = Torch.deterministic();
    try {
      return executeOnData();
    } finally {
      // The switch belongs to the whole process.
      Torch.setDeterministic(deterministic);
    }
  }

  private PretrainResult executeOnData() {
    TrainingViews.requireGpu(config);
    Augmentation.warnOfIdle(config.augment());
    Criterion.warnOfIdle(config.loss());
    if (request.trainImages().isPresent()) {
      ImageDataset train = request.trainImages().get();
      return execute(train, request.testImages(), () -> RunData.lent(train, request.testImages()));
    }
    TrainingViews.requirePixels(config);
    try (ListedData listed = ListedData.of(config.data())) {
      return execute(listed.train(), listed.test(), () -> listed.open(request.packing()));
    }
  }

  /**
   * Refuses what can be refused without pixels, then opens the images and runs.
   *
   * @param images opens what {@code train} and {@code test} list, or most of it
   */
  private PretrainResult execute(
      ImageLabels train, Optional<? extends ImageLabels> test, Supplier<RunData> images) {
    requireBatch(train, config.train());
    Criterion.requireLabels(config, train);
    test.ifPresent(labels -> requireSameClasses(train, labels));
    StepPlan.of(config, train.size());
    Backend backend = Backend.prepare(config.train());
    MemoryEstimate memory =
        MemoryEstimate.of(
            config,
            backend.precision().bf16(),
            train.size() + test.map(ImageLabels::size).orElse(0),
            ViewLoader.BUFFERS);
    if (request.encoder().isPresent()) {
      memory = memory.withoutNetwork();
    }
    MemoryGuard.check(memory, MemoryGuard.available(backend.device()), config.train());
    try (var _ = TensorScope.open();
        SimClrModel model = SimClrModel.create(config, request.encoder(), backend.device());
        Optimizer optimizer = Optimizers.create(config.optim(), model.parameters())) {
      request.initFrom().ifPresent(model::initFrom);
      try (RunData data = images.get()) {
        return execute(data.train(), data.test(), backend, memory, model, optimizer);
      }
    }
  }

  private PretrainResult execute(
      ImageDataset train,
      Optional<ImageDataset> test,
      Backend backend,
      MemoryEstimate memory,
      SimClrModel model,
      Optimizer optimizer) {
    // Bad images may have been left out.
    requireBatch(train, config.train());
    TrainingViews.requireImages(config, train);
    StepPlan plan = StepPlan.of(config, train.size());
    try (RunFolder folder = RunFolder.open(request.folder(), request.mode(), request.initFrom())) {
      request.onFolder().accept(folder.path());
      Optional<Evaluator> evaluator = Evaluator.of(config, backend, train, test);
      try (OnlineProbe probe =
              evaluator.isPresent() && config.eval().probe()
                  ? new OnlineProbe(model, train, config, backend.device())
                  : null;
          NegativeQueue queue =
              config.loss().queue() > 0
                  ? new NegativeQueue(config, model.head().outDim(), backend.device())
                  : null) {
        return new PretrainSession(
                request,
                train,
                plan,
                backend,
                model,
                optimizer,
                evaluator,
                Optional.ofNullable(probe),
                Optional.ofNullable(queue),
                folder,
                memory)
            .run();
      }
    }
  }

  private static void requireBatch(ImageLabels train, TrainConfig config) {
    if (train.size() < config.imagesPerStep()) {
      throw tooFewImages(train.size(), config);
    }
  }

  static DataException tooFewImages(int images, TrainConfig train) {
    boolean accumulates = train.accumulate() > 1;
    return new DataException(
        (accumulates ? "train.batch times train.accumulate is " : "train.batch is ")
            + train.imagesPerStep()
            + ", more than the number of training images, which is "
            + images
            + "; the last partial batch is dropped, so none would be left; give "
            + (images < 2 ? "" : remedy(images, accumulates) + ", or ")
            + "more images");
  }

  private static String remedy(int images, boolean accumulates) {
    return accumulates
        ? "a smaller train.batch or train.accumulate"
        : "train.batch=" + images + " or less";
  }

  /** Labels are places in the list of names: with two lists accuracies would mean nothing. */
  private static void requireSameClasses(ImageLabels train, ImageLabels test) {
    if (train.labelled() && test.labelled() && !train.classNames().equals(test.classNames())) {
      throw new DataException(
          "the classes of the test images are "
              + test.classNames()
              + ", those of the training images "
              + train.classNames()
              + "; both need the same list");
    }
  }
}
