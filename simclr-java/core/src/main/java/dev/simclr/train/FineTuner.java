package dev.simclr.train;

import dev.simclr.augment.AugmentConfig;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.Augmenter;
import dev.simclr.augment.RandomCrop;
import dev.simclr.augment.Semantics;
import dev.simclr.augment.ViewFormat;
import dev.simclr.compute.ComputeThread;
import dev.simclr.compute.Features;
import dev.simclr.compute.TensorCache;
import dev.simclr.compute.ViewLoader;
import dev.simclr.compute.ViewSource;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.eval.ClassificationReport;
import dev.simclr.model.Module;
import dev.simclr.model.Parameter;
import dev.simclr.optim.LrSchedule;
import dev.simclr.optim.Optimizer;
import dev.simclr.random.SampleOrder;
import dev.simclr.torch.Autocast;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.Torch;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.stream.IntStream;

/**
 * Trains a classifier on labels: linear evaluation on augmented images, fine-tuning of a pretrained
 * encoder, or, without one, the supervised baseline.
 *
 * <pre>{@code
 * FineTuneResult result =
 *     FineTuner.of(ClassifierConfig.of(encoder, images.classNames()), FineTuneConfig.v1(30, 256))
 *         .initFrom(Path.of("runs/first/model.safetensors"))
 *         .trainImages(images)
 *         .testImages(test)
 *         .out(Path.of("classifier.safetensors"))
 *         .run();
 * }</pre>
 *
 * <p>A step takes one view of each of B images, random crop and flip unless others are asked for,
 * and follows the gradient of the mean cross-entropy; the linear layer starts at zero. With
 * float32, a deterministic device and one number of threads the result depends on the configuration
 * and the images alone. Not thread safe; {@link #run} may be called from any thread.
 */
public final class FineTuner {
  private final ClassifierConfig classifier;
  private final FineTuneConfig config;
  private Optional<Path> encoderFile = Optional.empty();
  private Optional<Path> headFile = Optional.empty();
  private Optional<UserEncoder> user = Optional.empty();
  private Optional<ImageDataset> trainImages = Optional.empty();
  private Optional<ImageDataset> testImages = Optional.empty();
  private Optional<Path> out = Optional.empty();
  private AugmentConfig views =
      new AugmentConfig(Semantics.TORCHVISION, RandomCrop.SIMCLR, 0.5, List.of());
  private TrainConfig machine = TrainConfig.defaults();
  private int evalBatch = EvalConfig.defaults().batch();
  private Listener listener = epoch -> {};
  private StopToken stop = new StopToken();

  /** Hears of finished epochs. */
  @FunctionalInterface
  public interface Listener {
    /** Takes what an epoch gave; called on the compute thread. */
    void finished(Epoch epoch);
  }

  /**
   * A finished epoch.
   *
   * @param epoch from 1
   * @param epochs of the whole run
   * @param loss mean cross-entropy, in nats
   * @param accuracy top-1 accuracy on the augmented training images, while the weights changed
   * @param learningRate of the last step
   * @param imagesPerSecond speed of the epoch
   */
  public record Epoch(
      int epoch,
      int epochs,
      double loss,
      double accuracy,
      double learningRate,
      double imagesPerSecond) {}

  private FineTuner(ClassifierConfig classifier, FineTuneConfig config) {
    this.classifier = Objects.requireNonNull(classifier, "classifier");
    this.config = Objects.requireNonNull(config, "config");
  }

  /** Prepares a run. */
  public static FineTuner of(ClassifierConfig classifier, FineTuneConfig config) {
    return new FineTuner(classifier, config);
  }

  /**
   * Starts from the weights of an encoder instead of random ones.
   *
   * @param encoder the file of a run, of torchvision or of timm, see {@link EncoderWeights}; the
   *     classifier's configuration says what network it is for
   */
  public FineTuner initFrom(Path encoder) {
    encoderFile = Optional.of(encoder);
    return this;
  }

  /**
   * Starts from the weights of a projection head, of which the classifier keeps layers; used only
   * together with {@link #initFrom}.
   */
  public FineTuner headFrom(Path head) {
    headFile = Optional.of(head);
    return this;
  }

  /**
   * Trains a network of the caller's, as {@link Pretrainer#encoder} does, instead of the one that
   * the classifier's configuration describes, of which only how images are prepared is used. All of
   * it is trained ({@link FineTuneConfig#ALL}) or nothing ({@link FineTuneConfig#LINEAR_ONLY}). The
   * file of the classifier has its weights by their names and no description of its architecture.
   *
   * @param featureDim width of what the network gives, at least 1
   * @param network makes the network on the CPU from the run's seed; called on the thread that
   *     computes, and closed by the run
   * @throws IllegalArgumentException if {@code featureDim} is less than 1
   */
  public FineTuner encoder(int featureDim, LongFunction<? extends Module> network) {
    user = Optional.of(new UserEncoder(featureDim, network));
    return this;
  }

  /** Sets the images to train on, all labelled, which are required; the caller closes them. */
  public FineTuner trainImages(ImageDataset images) {
    trainImages = Optional.of(images);
    return this;
  }

  /** Sets the images to evaluate on after training, all labelled; the caller closes them. */
  public FineTuner testImages(ImageDataset images) {
    testImages = Optional.of(images);
    return this;
  }

  /**
   * Sets what is drawn for a view; by default crop and flip, as the paper fine-tunes, by
   * torchvision's semantics. {@link Augmentation#cropAndFlip} has those of a run.
   */
  public FineTuner views(AugmentConfig value) {
    views = Objects.requireNonNull(value, "views");
    return this;
  }

  /** Sets the file that the classifier is written to when it is trained. */
  public FineTuner out(Path file) {
    out = Optional.of(file);
    return this;
  }

  /** Takes device, precision, threads and determinism from a configuration, and nothing else. */
  public FineTuner machine(TrainConfig value) {
    machine = Objects.requireNonNull(value, "machine");
    return this;
  }

  /**
   * Sets the images of one forward pass of the evaluation.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public FineTuner evalBatch(int value) {
    Keys.atLeast("evalBatch", value, 1);
    evalBatch = value;
    return this;
  }

  /** Sets who hears of finished epochs. */
  public FineTuner listener(Listener value) {
    listener = Objects.requireNonNull(value, "listener");
    return this;
  }

  /** Sets the token that stops the run. */
  public FineTuner stop(StopToken value) {
    stop = Objects.requireNonNull(value, "stop");
    return this;
  }

  /**
   * Trains and evaluates. A run that is stopped writes nothing.
   *
   * @throws IllegalArgumentException if a setting is missing or does not fit the images
   * @throws DataException if images, labels or weights are missing or unfit
   * @throws InsufficientMemoryException if the estimated peak exceeds the memory available
   * @throws NonFiniteLossException if the loss is infinite or NaN
   * @throws dev.simclr.io.CannotWriteException if the classifier cannot be written
   * @throws dev.simclr.torch.TorchException if a native operation fails
   */
  public FineTuneResult run() {
    ImageDataset train =
        trainImages.orElseThrow(() -> new IllegalArgumentException("trainImages is not set"));
    if (headFile.isPresent() && encoderFile.isEmpty()) {
      throw new IllegalArgumentException(
          "headFrom is set, but initFrom is not; a head needs the encoder it was trained with");
    }
    if (user.isPresent()
        && config.fromBlock() != FineTuneConfig.ALL
        && config.fromBlock() != FineTuneConfig.LINEAR_ONLY) {
      throw new IllegalArgumentException(
          "the block to train from is "
              + config.fromBlock()
              + "; allowed with a network of your own: -1 and 4");
    }
    require(train, "training");
    testImages.ifPresent(test -> require(test, "test"));
    FineTunePlan.requireBatch(config, train.size());
    return ComputeThread.callOnce(() -> execute(train), stop::request);
  }

  private void require(ImageDataset images, String split) {
    if (!images.labelled()) {
      throw new DataException(
          "not all of the " + images.size() + " " + split + " images have a label");
    }
    if (!images.classNames().equals(classifier.classNames())) {
      throw new DataException(
          "the classes of the "
              + split
              + " images are "
              + images.classNames()
              + ", those of the classifier "
              + classifier.classNames());
    }
  }

  private FineTuneResult execute(ImageDataset train) {
    boolean deterministic = Torch.deterministic();
    try {
      Backend backend = Backend.prepare(machine);
      if (user.isEmpty()) { // of a network of the user's own nobody knows what it needs
        MemoryGuard.check(
            FineTunePlan.plan(classifier, config, machine, train.size(), evalBatch),
            config.batch(),
            machine);
      }
      try (var _ = TensorScope.open();
          var _ = TensorCache.open(backend.device());
          ClassifierModel model =
              ClassifierModel.create(classifier, user, config.seed(), backend.device())) {
        encoderFile.ifPresent(file -> model.initFrom(file, headFile));
        List<Parameter> trained = model.trainable(config.fromBlock());
        try (Optimizer optimizer = Optimizers.create(config.optim(), trained)) {
          return new Session(train, backend, model, optimizer, trained).run();
        }
      }
    } finally {
      // The switch belongs to the whole process.
      Torch.setDeterministic(deterministic);
    }
  }

  /** The loop. */
  private final class Session {
    private final ImageDataset train;
    private final Backend backend;
    private final ClassifierModel model;
    private final Optimizer optimizer;
    private final List<Parameter> trained;
    private final SampleOrder order;
    private final int stepsPerEpoch;
    private final long totalSteps;
    private double loss;
    private double accuracy;

    Session(
        ImageDataset train,
        Backend backend,
        ClassifierModel model,
        Optimizer optimizer,
        List<Parameter> trained) {
      this.train = train;
      this.backend = backend;
      this.model = model;
      this.optimizer = optimizer;
      this.trained = trained;
      this.order = SampleOrder.of(config.seed(), train.size());
      this.stepsPerEpoch = order.stepsPerEpoch(config.batch());
      this.totalSteps = (long) stepsPerEpoch * config.epochs();
    }

    FineTuneResult run() {
      long done = train();
      Optional<ClassificationReport> report = Optional.empty();
      if (done == totalSteps) {
        NonFiniteLossException.requireFinite(trained, done);
        model.train(false);
        report = testImages.map(this::evaluate);
        out.ifPresent(file -> model.save(file, notes()));
      }
      return new FineTuneResult(
          done,
          totalSteps,
          trained.stream().mapToLong(p -> p.tensor().numel()).sum(),
          loss,
          accuracy,
          report);
    }

    private long train() {
      boolean bf16 = backend.precision().bf16();
      ViewFormat format = classifier.encoder().format();
      ViewFormat trainFormat = bf16 ? format.withDtype(DType.BFLOAT16) : format;
      // Order and batches are this run's own, whatever those of the pretraining were.
      TrainConfig drawn = TrainConfig.builder().batch(config.batch()).seed(config.seed()).build();
      List<AugmentSampler> samplers = List.of(new AugmentSampler(views, format.size()));
      LrSchedule schedule =
          new LrSchedule(
              config.optim().peakLr(config.batch()),
              Math.round(config.optim().warmupEpochs() * stepsPerEpoch),
              totalSteps,
              config.optim().warmup() == OptimConfig.Warmup.FROM_ZERO);
      try (ViewLoader loader =
              new ViewLoader(
                  () -> new ViewFiller(train, drawn, samplers, new Augmenter(trainFormat)),
                  config.batch(),
                  1,
                  trainFormat,
                  0,
                  totalSteps,
                  backend.loaderThreads(),
                  backend.device());
          LossGuard guard = new LossGuard(backend.device());
          EpochSums sums = new EpochSums(backend.device())) {
        model.trainAfter(config.fromBlock());
        long start = System.nanoTime();
        for (long step = 0; step < totalSteps; step++) {
          if (stop.isRequested()) {
            return step;
          }
          double lr = schedule.at(step);
          step(step, loader, guard, sums, lr);
          if ((step + 1) % stepsPerEpoch == 0) {
            guard.check();
            long images = (long) stepsPerEpoch * config.batch();
            loss = sums.loss() / stepsPerEpoch;
            accuracy = sums.correct() / images;
            sums.reset();
            double seconds = (System.nanoTime() - start) * 1e-9;
            start = System.nanoTime();
            int epoch = Math.toIntExact((step + 1) / stepsPerEpoch);
            listener.finished(
                new Epoch(epoch, config.epochs(), loss, accuracy, lr, images / seconds));
          }
        }
        return totalSteps;
      }
    }

    private void step(long step, ViewLoader loader, LossGuard guard, EpochSums sums, double lr) {
      try (var _ = TensorScope.open();
          ViewSource.Views batch = loader.next()) {
        Tensor logits = scores(batch.tensor());
        Tensor target = targets(step);
        Tensor entropy = Nn.crossEntropy(logits, target);
        guard.observe(step + 1, entropy, lr);
        entropy.backward();
        Optimizers.update(optimizer, config.optim(), lr);
        sums.add(entropy, logits, target);
      }
    }

    private Tensor scores(Tensor images) {
      if (!backend.precision().bf16()) {
        return model.forward(images);
      }
      try (var _ = Autocast.bf16(backend.device())) {
        return model.forward(images).to(DType.FLOAT32);
      }
    }

    private Tensor targets(long step) {
      long[] labels =
          IntStream.range(0, config.batch())
              .mapToLong(row -> train.label(order.inBatch(step, row, config.batch())))
              .toArray();
      return Tensor.of(labels, labels.length).to(backend.device());
    }

    private ClassificationReport evaluate(ImageDataset test) {
      var report = ClassificationReport.builder(test.classNames());
      new Features(
              classifier.encoder().format(), evalBatch, backend.device(), backend.loaderThreads())
          .stream(
              test,
              model::forward,
              (first, rows) -> {
                int count = Math.toIntExact(rows.size(0));
                report.add(
                    rows,
                    IntStream.range(0, count)
                        .map(i -> test.label(Math.toIntExact(first + i)))
                        .toArray());
              });
      return report.build();
    }

    private Map<String, String> notes() {
      Map<String, String> notes =
          new TreeMap<>(ConfigEntries.of(config.optim(), "finetune.optim."));
      notes.put("finetune.epochs", Integer.toString(config.epochs()));
      notes.put("finetune.batch", Integer.toString(config.batch()));
      notes.put("finetune.from_block", Integer.toString(config.fromBlock()));
      notes.put("finetune.seed", Long.toString(config.seed()));
      notes.put("finetune.images", Integer.toString(train.size()));
      return notes;
    }
  }

  /** Sums of an epoch, kept on the device so that a GPU need not be waited for. */
  private static final class EpochSums implements AutoCloseable {
    private final Tensor loss;
    private final Tensor correct;

    /** Must be called inside a scope. */
    EpochSums(Device device) {
      this.loss = Tensor.zeros(DType.FLOAT64).to(device).retain();
      this.correct = Tensor.zeros(DType.FLOAT64).to(device).retain();
    }

    void add(Tensor entropy, Tensor logits, Tensor target) {
      loss.add_(entropy.detach().to(DType.FLOAT64));
      correct.add_(logits.detach().argmax(1, false).eq(target).sum().to(DType.FLOAT64));
    }

    double loss() {
      return loss.item();
    }

    double correct() {
      return correct.item();
    }

    void reset() {
      loss.zero_();
      correct.zero_();
    }

    @Override
    public void close() {
      loss.close();
      correct.close();
    }
  }
}
