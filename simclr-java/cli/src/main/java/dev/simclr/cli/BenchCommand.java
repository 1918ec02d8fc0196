package dev.simclr.cli;

import dev.simclr.data.ImageDataset;
import dev.simclr.data.MemoryDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.data.Split;
import dev.simclr.torch.Torch;
import dev.simclr.train.DataConfig;
import dev.simclr.train.PrecisionChoice;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.RunData;
import dev.simclr.train.TrainingBench;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures training on the user's machine. */
@Command(
    name = "bench",
    description = {
      "Measures how fast training goes on this machine, and which side limits it.",
      "Without data.root the images are noise of the recipe's size. Nothing is written."
    },
    mixinStandardHelpOptions = true)
final class BenchCommand implements Callable<Integer> {
  private static final int NOISE_BATCHES = 4;

  /** More than this only if one update has more: the heap is small. */
  private static final long NOISE_BYTES = 256L << 20;

  /** More than this is refused, also if one update has more. */
  private static final long MOST_NOISE_BYTES = 4L << 30;

  /** Above this share of waiting, more loader threads would help. */
  private static final double WAITING = 0.05;

  @Mixin private ConfigOptions config = new ConfigOptions();

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "20",
      description = "How long each of the three parts is measured, 1 to 600; 20 by default.")
  private int seconds;

  @Override
  public Integer call() {
    if (seconds < 1 || seconds > 600) {
      throw new ConfigException("--seconds is " + seconds + "; allowed: 1 to 600");
    }
    PretrainConfig resolved = config.resolveFrom("cifar10-slim");
    Console console = Console.standard(false);
    try (var _ = LogLines.install(console);
        ImageDataset images = images(resolved, console)) {
      console.fact("machine", Machine.describe() + ", libtorch " + Torch.version());
      TrainingBench.run(
          resolved, images, Duration.ofSeconds(seconds), new Printer(resolved, console));
    }
    return ExitCode.OK.code();
  }

  /** Prints each part when it has been measured. */
  private record Printer(PretrainConfig config, Console console) implements TrainingBench.Listener {
    @Override
    public void started(String device, PrecisionChoice precision, int threads, int loaderThreads) {
      console.fact(
          "setting",
          String.format(
              Locale.ROOT,
              "batch %d, %s, %s, %d compute and %d loader threads",
              config.train().batch(),
              device,
              precision.bf16() ? "bf16" : "float32",
              threads,
              loaderThreads));
    }

    @Override
    public void data(TrainingBench.Speed speed) {
      console.fact("data only", describe(speed));
    }

    @Override
    public void model(TrainingBench.Speed speed) {
      console.fact("model only", describe(speed));
    }

    @Override
    public void step(TrainingBench.Speed speed, double dataWait) {
      console.fact("whole step", describe(speed));
      console.fact("limit", limit(dataWait));
    }
  }

  private static ImageDataset images(PretrainConfig config, Console console) {
    DataConfig data = config.data();
    boolean rootless =
        data.source() == DataConfig.Source.EMBEDDED || data.source() == DataConfig.Source.LIST;
    if (rootless || data.root().isPresent()) {
      return RunData.open(data, Split.TRAIN, new PackingPrinter(console));
    }
    int size = data.imageSize();
    int count = noiseImages(config.train().imagesPerStep(), size);
    console.fact("images", count + " of noise, " + size + " x " + size + " (no data.root)");
    Random random = new Random(0);
    MemoryDataset.Builder noise = MemoryDataset.builder(List.of());
    for (int i = 0; i < count; i++) {
      byte[] pixels = new byte[size * size * 3];
      random.nextBytes(pixels);
      noise.add("noise-" + i, ImageDataset.UNLABELLED, RgbImage.of(size, size, pixels));
    }
    return noise.build();
  }

  /**
   * Returns how many images of noise there are.
   *
   * @param perStep images of an update
   * @param size height and width, in pixels
   * @throws ConfigException if an update has more than can be
   */
  private static int noiseImages(int perStep, int size) {
    long bytes = (long) size * size * RgbImage.CHANNELS;
    long most = MOST_NOISE_BYTES / bytes;
    if (perStep > most) {
      throw new ConfigException(
          "train.batch times train.accumulate is "
              + perStep
              + "; allowed without data.root: at most "
              + most
              + " images of noise of data.image_size "
              + size);
    }
    long several = Math.min((long) NOISE_BATCHES * perStep, most);
    return Math.toIntExact(Math.clamp(NOISE_BYTES / bytes, perStep, several));
  }

  private static String describe(TrainingBench.Speed speed) {
    return String.format(
        Locale.ROOT,
        "%,.0f images/s (90 %% of %d steps faster than %,.0f)",
        speed.imagesPerSecond(),
        speed.steps(),
        speed.slowest());
  }

  private static String limit(double dataWait) {
    double wait = 100 * dataWait;
    return dataWait > WAITING
        ? String.format(
            Locale.ROOT,
            "the data: %.1f %% of the step is spent waiting for views; train.loader_threads may"
                + " help, or data.pack=pixels",
            wait)
        : String.format(
            Locale.ROOT, "the model: %.1f %% of the step is spent waiting for views", wait);
  }
}
