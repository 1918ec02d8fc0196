package dev.simclr.train;

import dev.simclr.torch.DType;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.Torch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Trains in a JVM of its own, for {@link FlatnessTest}, and prints the live handles and the
 * resident memory after every 20th step. A second argument plants a leak in every step.
 */
final class FlatRun {
  private static final int EVERY = 20;
  private static final long LEAK_BYTES = 48 << 10;

  private FlatRun() {}

  public static void main(String[] arguments) {
    int epochs = Integer.parseInt(arguments[1]);
    String leak = arguments.length > 2 ? arguments[2] : "none";
    PretrainConfig config = TinyRuns.config();
    config =
        config.with(
            config.train().toBuilder()
                .epochs(epochs)
                .batch(8)
                .loaderThreads(1)
                .checkpointEvery(10)
                .evalEvery(10)
                .build());
    try (var train = TinyRuns.images(400, 1);
        var test = TinyRuns.images(20, 2)) {
      Pretrainer.of(config)
          .folder(Path.of(arguments[0]))
          .trainImages(train)
          .testImages(test)
          .listener(new Reporter(leak))
          .run();
    }
    System.out.println("end " + Torch.liveHandles());
  }

  private record Reporter(String leak) implements ProgressListener {
    @Override
    public void stepped(StepProgress progress) {
      switch (leak) {
        case "none" -> {
          // Nothing is planted.
        }
        case "memory" -> Arena.global().allocate(LEAK_BYTES).fill((byte) 1);
        // It goes to the scope of the run, which is open until the end.
        case "handle" -> Tensor.zeros(DType.FLOAT32, 1);
        default -> throw new IllegalArgumentException(leak);
      }
      if (progress.step() % EVERY == 0) {
        System.out.println(progress.step() + " " + Torch.liveHandles() + " " + residentKilobytes());
      }
    }
  }

  private static long residentKilobytes() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
