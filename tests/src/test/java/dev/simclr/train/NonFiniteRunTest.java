package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.MemoryDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.model.Module;
import dev.simclr.model.ParameterKind;
import dev.simclr.random.SampleOrder;
import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs in which images have projections that are not finite. */
@Timeout(120)
@ExtendWith(LeakCheck.class)
final class NonFiniteRunTest {
  private static final int BATCH = 8;
  private static final int BATCHES = 6;
  private static final int IMAGES = BATCH * BATCHES + 3;

  @TempDir Path directory;

  /** A multiple of the logarithm of the mean of each channel: minus infinity for black images. */
  private static final class LogMeans extends Module {
    private final Slot weight;

    LogMeans(double scale) {
      try (var _ = TensorScope.open()) {
        weight = parameter("weight", ParameterKind.WEIGHT, Tensor.full(scale, DType.FLOAT32, 3));
      }
    }

    @Override
    public Tensor forward(Tensor x) {
      try (var scope = TensorScope.open()) {
        return scope.keep(x.mean(false, 2, 3).log().mul(weight.tensor()));
      }
    }
  }

  private static ImageDataset images(Set<Integer> black) {
    var images = MemoryDataset.builder(List.of("any"));
    for (int i = 0; i < IMAGES; i++) {
      byte[] pixels = new byte[TinyRuns.SIZE * TinyRuns.SIZE * 3];
      for (int p = 0; p < pixels.length && !black.contains(i); p++) {
        pixels[p] = (byte) (20 + i + 30 * (p % 3));
      }
      images.add("image-" + i, 0, RgbImage.of(TinyRuns.SIZE, TinyRuns.SIZE, pixels));
    }
    return images.build();
  }

  private static PretrainConfig config(int accumulate, int chunk) {
    PretrainConfig tiny = TinyRuns.config();
    return tiny.with(
            tiny.train().toBuilder()
                .batch(BATCH)
                .epochs(2)
                .accumulate(accumulate)
                .chunk(chunk)
                .checkpointEvery(1)
                .build())
        .with(
            OptimConfig.builder()
                .lr(0.01)
                .lrScaling(OptimConfig.Scaling.NONE)
                .momentum(0)
                .weightDecay(0)
                .warmupEpochs(0)
                .build())
        .with(tiny.head().toBuilder().layers(0).build())
        .with(AugmentSettings.builder().build());
  }

  private NonFiniteLossException fail(PretrainConfig config, Set<Integer> black) {
    return fail(config, black, 1);
  }

  private NonFiniteLossException fail(PretrainConfig config, Set<Integer> black, double scale) {
    Pretrainer pretrainer =
        Pretrainer.of(config)
            .encoder(3, seed -> new LogMeans(scale))
            .folder(directory.resolve("run"))
            .trainImages(images(black));
    return assertThrows(NonFiniteLossException.class, pretrainer::run);
  }

  @ParameterizedTest
  @CsvSource({
    // The batch with black images, of which a step has `accumulate`, both from 0 and 1.
    "1, 0, 0, 1",
    "1, 0, 3, 4",
    "1, 4, 0, 1",
    "1, 4, 2, 3",
    "3, 0, 1, 1",
    "2, 0, 3, 2",
    "2, 4, 2, 2",
    "3, 2, 5, 2"
  })
  void stepAndImagesAreNamed(int accumulate, int chunk, long batch, long step) {
    PretrainConfig config = config(accumulate, chunk);
    var order = new StepImages(config.train(), IMAGES);
    int[] black = IntStream.of(1, 6).map(row -> order.image(batch, row)).sorted().toArray();
    Set<Integer> set = Arrays.stream(black).boxed().collect(Collectors.toSet());
    NonFiniteLossException e = fail(config, set);
    assertEquals(step, e.step());
    assertArrayEquals(black, e.images());
    assertEquals(List.of("image-" + black[0], "image-" + black[1]), e.names());
    assertTrue(e.getMessage().contains(" at step " + step + " (learning rate "), e.getMessage());
    assertTrue(
        e.getMessage()
            .contains(
                ", with projections that are not finite of the training images "
                    + String.join(", ", e.names())
                    + "; lower optim.lr"),
        e.getMessage());
  }

  /** An image that the first epoch leaves out, and a later one does not. */
  private static int leftOut(PretrainConfig config) {
    SampleOrder order = SampleOrder.of(config.train().seed(), IMAGES);
    Set<Integer> second =
        IntStream.range(0, BATCH * BATCHES)
            .map(place -> order.at(1, place))
            .boxed()
            .collect(Collectors.toSet());
    return IntStream.range(BATCH * BATCHES, IMAGES)
        .map(place -> order.at(0, place))
        .filter(second::contains)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theCheckpointBeforeItIsFinite() throws IOException {
    PretrainConfig config = config(1, 0);
    int black = leftOut(config);
    NonFiniteLossException e = fail(config, Set.of(black));
    assertTrue(e.step() > BATCHES && e.step() <= 2 * BATCHES, "step " + e.step());
    assertArrayEquals(new int[] {black}, e.images());
    Path checkpoints = directory.resolve("run/checkpoints");
    assertEquals("step-000006\n", Files.readString(checkpoints.resolve("last")));
    try (Stream<Path> steps = Files.list(checkpoints)) {
      assertEquals(
          List.of("last", "step-000006"),
          steps.map(path -> path.getFileName().toString()).sorted().toList());
    }
    requireFinite(checkpoints.resolve("step-000006/model.safetensors"));
  }

  /** An update after a finite loss: the first has a learning rate of 0, the second overflows. */
  @Test
  void weightsThatOverflowAreNotSaved() throws IOException {
    PretrainConfig base = config(1, 0);
    PretrainConfig config =
        base.with(base.train().toBuilder().batch(BATCH * BATCHES).build())
            .with(
                base.optim().toBuilder()
                    .lr(1e6)
                    .weightDecay(1)
                    .warmupEpochs(1)
                    .warmup(OptimConfig.Warmup.FROM_ZERO)
                    .build());
    NonFiniteLossException e = fail(config, Set.of(), 1e35);
    assertEquals(2, e.step());
    assertEquals(List.of(), e.names());
    assertTrue(e.getMessage().startsWith("after step 2, "), e.getMessage());
    Path checkpoints = directory.resolve("run/checkpoints");
    assertEquals("step-000001\n", Files.readString(checkpoints.resolve("last")));
    assertTrue(Files.notExists(checkpoints.resolve("step-000002")));
    requireFinite(checkpoints.resolve("step-000001/model.safetensors"));
  }

  /** Fails unless all weights in a file are finite. */
  static void requireFinite(Path file) {
    try (var _ = TensorScope.open();
        var reader = SafetensorsReader.open(file)) {
      List<String> weights =
          reader.names().stream().filter(name -> !name.contains("running_")).toList();
      assertTrue(!weights.isEmpty());
      for (String name : weights) {
        assertEquals(1, reader.tensor(name).isfinite().all().itemLong(), name);
      }
    }
  }
}
