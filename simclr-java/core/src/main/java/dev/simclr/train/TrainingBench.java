package dev.simclr.train;

import dev.simclr.augment.AugmentSampler;
import dev.simclr.compute.BatchLoader;
import dev.simclr.compute.ComputeThread;
import dev.simclr.compute.ViewLoader;
import dev.simclr.data.ImageDataset;
import dev.simclr.optim.Optimizer;
import dev.simclr.torch.TensorScope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/**
 * Measures what limits training on this machine: how fast views are made with nothing else to do,
 * how fast the network trains on views that are there already, and how fast both go together.
 */
public final class TrainingBench {
  private static final int WARM_UP = 3;
  private static final int FEWEST_STEPS = 5;

  private TrainingBench() {}

  /**
   * How fast one part goes.
   *
   * @param imagesPerSecond images, not views, of all timed steps in the time they took together:
   *     single batches come in bursts where several threads make them
   * @param slowest the same of the 90th percentile of the steps' times
   * @param steps that were timed
   */
  public record Speed(double imagesPerSecond, double slowest, int steps) {}

  /**
   * What was measured.
   *
   * @param device where the network was
   * @param precision of convolutions and matrix products
   * @param threads of native operators
   * @param loaderThreads that made views
   * @param data views alone
   * @param model the network alone, update included
   * @param step both, as in training
   * @param dataWait share of the steps' time that went into waiting for views
   */
  public record Result(
      String device,
      PrecisionChoice precision,
      int threads,
      int loaderThreads,
      Speed data,
      Speed model,
      Speed step,
      double dataWait) {}

  /**
   * Measures.
   *
   * @param config of the training
   * @param images at least a batch of them
   * @param each how long each of the three parts is measured
   * @throws IllegalArgumentException if there are fewer images than a batch has
   */
  public static Result run(PretrainConfig config, ImageDataset images, Duration each) {
    if (images.size() < config.train().batch()) {
      throw new IllegalArgumentException(
          "there are "
              + images.size()
              + " images; allowed: at least a batch of "
              + config.train().batch());
    }
    // An interrupt does not cut it short; the caller's status shows it afterwards.
    return ComputeThread.callOnce(() -> measure(config, images, each.toNanos()), () -> {});
  }

  private static Result measure(PretrainConfig config, ImageDataset images, long nanos) {
    Backend backend = Backend.prepare(config.train());
    boolean bf16 = backend.precision().bf16();
    List<AugmentSampler> samplers = Augmentation.samplers(config);
    Supplier<BatchLoader.RowFiller> views =
        () ->
            new ViewFiller(images, config.train(), samplers, Augmentation.augmenter(config, bf16));
    int batch = config.train().batch();
    try (var _ = TensorScope.open();
        SimClrModel model = SimClrModel.create(config, backend.device());
        Optimizer optimizer = Optimizers.create(config.optim(), model.parameters());
        LossGuard guard = new LossGuard(backend.device());
        var _ =
            TensorCache.open(
                backend.device(),
                MemoryEstimate.of(config, backend.device(), bf16, 0, ViewLoader.BUFFERS)
                    .peakBytes())) {
      model.train(true);
      TrainStep step = new TrainStep(backend, model, optimizer, config, guard);
      double lr = config.optim().peakLr(batch) / 1000;
      Speed data;
      try (ViewLoader loader = loader(config, backend, samplers.size(), views)) {
        data =
            time(
                batch,
                nanos,
                i -> {
                  try (var _ = TensorScope.open()) {
                    loader.next().close();
                  }
                });
      }
      Speed alone;
      try (ViewLoader loader = loader(config, backend, samplers.size(), () -> once(views.get()))) {
        alone = time(batch, nanos, i -> step.run(i + 1, loader, lr, true));
      }
      try (ViewLoader loader = loader(config, backend, samplers.size(), views)) {
        long[] waited = new long[2];
        long[] started = new long[2];
        Speed both =
            time(
                batch,
                nanos,
                i -> {
                  if (i == WARM_UP) {
                    waited[0] = loader.waitNanos();
                    started[0] = System.nanoTime();
                  }
                  step.run(i + 1, loader, lr, true);
                  waited[1] = loader.waitNanos();
                  started[1] = System.nanoTime();
                });
        double wait = (double) (waited[1] - waited[0]) / (started[1] - started[0]);
        return new Result(
            backend.device().toString(),
            backend.precision(),
            backend.threads(),
            backend.loaderThreads(),
            data,
            alone,
            both,
            wait);
      }
    }
  }

  private static ViewLoader loader(
      PretrainConfig config,
      Backend backend,
      int viewsPerImage,
      Supplier<BatchLoader.RowFiller> fillers) {
    return new ViewLoader(
        fillers,
        config.train().batch(),
        viewsPerImage,
        Augmentation.format(config, backend.precision().bf16()),
        0,
        Long.MAX_VALUE,
        backend.loaderThreads(),
        backend.device());
  }

  /** Fills each buffer of the ring once, and leaves it as it is from then on. */
  private static BatchLoader.RowFiller once(BatchLoader.RowFiller filler) {
    return (step, firstRow, endRow, batch) -> {
      if (step < ViewLoader.BUFFERS) {
        filler.fill(step, firstRow, endRow, batch);
      }
    };
  }

  /** Times steps, from 0 on, the first few of which do not count. */
  private static Speed time(int batch, long nanos, IntConsumer step) {
    for (int i = 0; i < WARM_UP; i++) {
      step.accept(i);
    }
    List<Long> times = new ArrayList<>();
    long begin = System.nanoTime();
    long last = begin;
    while (times.size() < FEWEST_STEPS || last - begin < nanos) {
      step.accept(WARM_UP + times.size());
      long now = System.nanoTime();
      times.add(now - last);
      last = now;
    }
    Collections.sort(times);
    return new Speed(
        batch * 1e9 * times.size() / (last - begin),
        batch * 1e9 / times.get(times.size() * 9 / 10),
        times.size());
  }
}
