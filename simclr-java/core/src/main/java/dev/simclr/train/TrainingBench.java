package dev.simclr.train;

import dev.simclr.compute.ComputeThread;
import dev.simclr.data.ImageDataset;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

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

  /** Is told what was measured as soon as it was, on a thread of the measurement. */
  public interface Listener {
    /**
     * Before the first part.
     *
     * @param device where the network is
     * @param precision of convolutions and matrix products
     * @param threads of native operators
     * @param loaderThreads that make views
     */
    void started(String device, PrecisionChoice precision, int threads, int loaderThreads);

    /** Views alone. */
    void data(Speed speed);

    /** The network alone, update included. */
    void model(Speed speed);

    /**
     * Both, as in training.
     *
     * @param dataWait share of the steps' time that went into waiting for views
     */
    void step(Speed speed, double dataWait);
  }

  /**
   * Measures.
   *
   * @param config of the training
   * @param images at least a batch of them
   * @param each how long each of the three parts is measured
   * @throws dev.simclr.data.DataException if there are fewer images than a batch has
   */
  public static void run(
      PretrainConfig config, ImageDataset images, Duration each, Listener listener) {
    // An interrupt does not cut it short; the caller's status shows it afterwards.
    ComputeThread.callOnce(
        () -> {
          measure(config, images, each.toNanos(), listener);
          return null;
        },
        () -> {});
  }

  private static void measure(
      PretrainConfig config, ImageDataset images, long nanos, Listener listener) {
    Backend backend = TrainingSteps.backend(config, images);
    listener.started(
        backend.device().toString(),
        backend.precision(),
        backend.threads(),
        backend.loaderThreads());
    listener.data(time(config, images, TrainingSteps.Part.DATA, backend, nanos));
    listener.model(time(config, images, TrainingSteps.Part.MODEL, backend, nanos));
    try (TrainingSteps steps =
        new TrainingSteps(config, images, TrainingSteps.Part.BOTH, backend)) {
      warmUp(steps);
      long waited = steps.waitNanos();
      long start = System.nanoTime();
      Speed both = time(steps, config.train().imagesPerStep(), nanos);
      listener.step(both, (double) (steps.waitNanos() - waited) / (System.nanoTime() - start));
    }
  }

  private static Speed time(
      PretrainConfig config,
      ImageDataset images,
      TrainingSteps.Part part,
      Backend backend,
      long nanos) {
    try (TrainingSteps steps = new TrainingSteps(config, images, part, backend)) {
      warmUp(steps);
      return time(steps, config.train().imagesPerStep(), nanos);
    }
  }

  private static void warmUp(TrainingSteps steps) {
    for (int i = 0; i < WARM_UP; i++) {
      steps.step();
    }
  }

  private static Speed time(TrainingSteps steps, int batch, long nanos) {
    List<Long> times = new ArrayList<>();
    long begin = System.nanoTime();
    long last = begin;
    while (times.size() < FEWEST_STEPS || last - begin < nanos) {
      steps.step();
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
