package dev.simclr.train;

import dev.simclr.augment.AugmentSampler;
import dev.simclr.compute.BatchLoader;
import dev.simclr.compute.TensorCache;
import dev.simclr.compute.ViewLoader;
import dev.simclr.compute.ViewSource;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.optim.Optimizer;
import dev.simclr.torch.Cuda;
import dev.simclr.torch.TensorScope;
import java.util.List;
import java.util.Optional;

/**
 * Training steps without a run around them, to be measured: no folder, no evaluation, no
 * checkpoint. Belongs to the thread that opens it, which must close it last.
 */
public final class TrainingSteps implements AutoCloseable {
  /** What a step does. */
  public enum Part {
    /** Makes views, and nothing with them. */
    DATA,
    /** Trains, on views that were made before. */
    MODEL,
    /** Both, as in training. */
    BOTH
  }

  // A learning rate at which weights hardly move, so that no number of steps makes them diverge.
  private static final double LR_SHARE = 1e-3;

  private final Part part;
  private final Backend backend;
  private final boolean synchronizes;
  private final double lr;
  private final int accumulate;
  private final TensorScope scope;
  private final SimClrModel model;
  private final Optional<NegativeQueue> queue;
  private final Optimizer optimizer;
  private final LossGuard guard;
  private final TensorCache cache;
  private final TrainStep trainStep;
  private final ViewSource loader;
  private long step;

  /**
   * Sets up the network, and starts to make views.
   *
   * @param config of the training
   * @param images at least a batch of them; used until this is closed
   * @param part what a step does
   * @throws DataException if there are fewer images than a batch has, or the loss needs labels that
   *     they lack
   * @throws IllegalArgumentException if the loss does not fit the number of views
   */
  public TrainingSteps(PretrainConfig config, ImageDataset images, Part part) {
    this(config, images, part, backend(config, images));
  }

  /** The same on what {@link #backend} has returned to this thread. */
  TrainingSteps(PretrainConfig config, ImageDataset images, Part part, Backend backend) {
    int batch = config.train().batch();
    this.part = part;
    this.backend = backend;
    // Without CUDA code of our own there is no such call, and reading the values has to do.
    this.synchronizes = backend.device().isCuda() && Cuda.isLoaded();
    boolean bf16 = backend.precision().bf16();
    this.lr = LR_SHARE * config.optim().peakLr(config.train().imagesPerStep());
    this.accumulate = config.train().accumulate();
    this.scope = TensorScope.open();
    this.model = SimClrModel.create(config, backend.device());
    this.queue =
        config.loss().queue() > 0
            ? Optional.of(new NegativeQueue(config, model.head().outDim(), backend.device()))
            : Optional.empty();
    this.optimizer = Optimizers.create(config.optim(), model.parameters());
    this.guard =
        new LossGuard(
            backend.device(),
            LossGuard.Mode.of(backend.device()),
            new BatchImages(config.train(), images));
    this.cache =
        TensorCache.open(
            backend.device(), MemoryEstimate.of(config, bf16, 0, ViewLoader.BUFFERS).peakBytes());
    model.train(true);
    this.trainStep =
        new TrainStep(backend, model, optimizer, config, guard, images, Optional.empty(), queue);
    this.loader =
        part == Part.MODEL
            ? madeOnce(config, images)
            : TrainingViews.open(config, images, backend, 0, Long.MAX_VALUE);
  }

  /** Refuses what cannot be trained, and sets the calling thread up for the rest. */
  static Backend backend(PretrainConfig config, ImageDataset images) {
    Criterion.require(config);
    Chunks.require(config);
    Criterion.requireLabels(config, images);
    int needed = config.train().imagesPerStep();
    if (images.size() < needed) {
      throw PretrainRun.tooFewImages(images.size(), config.train());
    }
    return Backend.prepare(config.train());
  }

  /** Views that are made for the first batches, and are those of all others. */
  private ViewSource madeOnce(PretrainConfig config, ImageDataset images) {
    if (TrainingViews.byGpu(config)) {
      try (ViewSource views = TrainingViews.open(config, images, backend, 0, 1)) {
        return new KeptViews(views.next().tensor()); // owned by the scope of this
      }
    }
    List<AugmentSampler> samplers = Augmentation.samplers(config);
    boolean bf16 = backend.precision().bf16();
    return new ViewLoader(
        () ->
            once(
                new ViewFiller(
                    images, config.train(), samplers, Augmentation.augmenter(config, bf16))),
        config.train().batch(),
        samplers.size(),
        Augmentation.format(config, bf16),
        0,
        Long.MAX_VALUE,
        backend.loaderThreads(),
        backend.device());
  }

  /** Fills each buffer of the ring once, and leaves it as it is from then on. */
  private static BatchLoader.RowFiller once(BatchLoader.RowFiller filler) {
    return (number, firstRow, endRow, batch) -> {
      if (number < ViewLoader.BUFFERS) {
        filler.fill(number, firstRow, endRow, batch);
      }
    };
  }

  /** Takes a step, and waits until it is done. */
  public void step() {
    step++;
    if (part == Part.DATA) {
      try (var _ = TensorScope.open()) {
        for (int i = 0; i < accumulate; i++) {
          loader.next().close();
        }
      }
    } else {
      // Reading the values would make a GPU wait within the step, which few steps of a run do.
      trainStep.run(step, loader, lr, !synchronizes);
    }
    if (synchronizes) {
      Cuda.synchronize(backend.device());
    }
  }

  /** Returns the time that steps have waited for views, in nanoseconds. */
  public long waitNanos() {
    return loader.waitNanos();
  }

  @Override
  public void close() {
    loader.close();
    cache.close();
    guard.close();
    optimizer.close();
    queue.ifPresent(NegativeQueue::close);
    model.close();
    scope.close();
  }
}
