package dev.simclr.train;

import dev.simclr.data.ImageDataset;
import dev.simclr.data.MemoryDataset;
import dev.simclr.data.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** A data set and a configuration on which a step takes a few milliseconds. */
public final class TinyRuns {
  public static final int SIZE = 16;
  public static final int BATCH = 16;
  public static final int STEPS_PER_EPOCH = 6;

  private TinyRuns() {}

  /** Stripes of random colours; the class is their direction. */
  public static ImageDataset images(int count, long seed) {
    var builder = MemoryDataset.builder(List.of("rows", "columns", "rising", "falling"));
    for (int i = 0; i < count; i++) {
      Random random = new Random(seed * 1_000_003 + i);
      int label = i % 4;
      byte[] colours = new byte[6];
      random.nextBytes(colours);
      int phase = random.nextInt(8);
      byte[] pixels = new byte[SIZE * SIZE * 3];
      for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
          int place =
              switch (label) {
                case 0 -> y;
                case 1 -> x;
                case 2 -> x + y;
                default -> x - y + SIZE;
              };
          int colour = (place + phase) / 4 % 2 * 3;
          System.arraycopy(colours, colour, pixels, (y * SIZE + x) * 3, 3);
        }
      }
      builder.add("image-" + i, label, RgbImage.of(SIZE, SIZE, pixels));
    }
    return builder.build();
  }

  /** One image more than six batches, so that the last partial batch is dropped. */
  public static ImageDataset trainImages() {
    return images(BATCH * STEPS_PER_EPOCH + 1, 1);
  }

  public static ImageDataset testImages() {
    return images(40, 2);
  }

  /** The lines of the metrics of a run without what depends on the clock. */
  static List<String> metrics(Path folder) throws IOException {
    try (Stream<String> lines = Files.lines(folder.resolve("metrics.jsonl"))) {
      return lines
          .map(l -> l.replaceAll(",\"(images_per_second|data_wait|seconds)\":[^,}]*", ""))
          .toList();
    }
  }

  public static PretrainConfig config() {
    return PretrainConfig.defaults()
        .with(DataConfig.builder().imageSize(SIZE).build())
        .with(ModelConfig.builder().width(0.0625).build())
        .with(HeadConfig.builder().out(16).build())
        .with(
            TrainConfig.builder()
                .epochs(4)
                .batch(BATCH)
                .seed(7)
                .precision(TrainConfig.Precision.FLOAT32)
                .device(TrainConfig.DeviceChoice.CPU)
                .threads(1)
                .loaderThreads(2)
                .deterministic(true)
                .logEvery(1)
                .build())
        .with(EvalConfig.builder().knnK(20).linear(false).build());
  }
}
