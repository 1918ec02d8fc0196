package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.augment.EvalTransform;
import dev.simclr.augment.ViewKey;
import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.compute.ViewLoader;
import dev.simclr.compute.ViewSource;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.MemoryDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.model.ResNet;
import dev.simclr.torch.Autocast;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.TensorScope;
import dev.simclr.torch.Torch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class PretrainerTest {
  private static final int STEPS = 4 * TinyRuns.STEPS_PER_EPOCH;

  @TempDir Path directory;
  private final ImageDataset trainImages = TinyRuns.trainImages();
  private final ImageDataset testImages = TinyRuns.testImages();

  private Pretrainer pretrainer(PretrainConfig config, String folder) {
    return Pretrainer.of(config)
        .folder(directory.resolve(folder))
        .trainImages(trainImages)
        .testImages(testImages);
  }

  private static byte[] weights(PretrainResult result) throws IOException {
    return Files.readAllBytes(result.encoder());
  }

  private static PretrainConfig with(PretrainConfig config, TrainConfig.Builder train) {
    return config.with(train.build());
  }

  /** Stops the run once a step is finished. */
  private static final class StopAt implements ProgressListener {
    private final long step;
    private final StopToken token;

    StopAt(long step, StopToken token) {
      this.step = step;
      this.token = token;
    }

    @Override
    public void stepped(StepProgress progress) {
      if (progress.step() >= step) {
        token.request();
      }
    }
  }

  @Test
  void aRunLeavesWhatItPromises() throws IOException {
    List<String> events = new ArrayList<>();
    ProgressListener listener =
        new ProgressListener() {
          @Override
          public void started(RunInfo run) {
            events.add("started " + run.totalSteps());
          }

          @Override
          public void evaluated(Evaluation e) {
            events.add("evaluated " + e.epoch());
          }

          @Override
          public void saved(Path checkpoint, long step) {
            events.add("saved " + step);
          }
        };
    long handles = Torch.liveHandles();
    PretrainResult result = pretrainer(TinyRuns.config(), "run").listener(listener).run();
    assertEquals(handles, Torch.liveHandles());
    assertTrue(result.finished());
    assertEquals(STEPS, result.steps());
    assertEquals(
        List.of(
            "started 24",
            "evaluated 0",
            "saved 6",
            "evaluated 1",
            "saved 12",
            "evaluated 2",
            "saved 18",
            "evaluated 3",
            "saved 24",
            "evaluated 4"),
        events);
    RunSummary summary = result.summary().orElseThrow();
    assertEquals(4, summary.last().orElseThrow().epoch());
    assertEquals(0, summary.untrained().orElseThrow().epoch());
    try (var reader = SafetensorsReader.open(result.encoder())) {
      assertTrue(reader.names().contains("layer1.0.conv1.weight"));
      assertTrue(reader.names().contains("bn1.running_mean"));
      assertTrue(reader.names().contains("bn1.num_batches_tracked"));
      assertFalse(reader.names().stream().anyMatch(name -> name.startsWith("head")));
      assertEquals("resnet18", reader.metadata().get("model.encoder"));
    }
    Path folder = result.folder();
    assertTrue(Files.exists(folder.resolve("head.safetensors")));
    assertTrue(Files.readString(folder.resolve("summary.json")).contains("\"untrained\""));
    try (Stream<Path> checkpoints = Files.list(folder.resolve("checkpoints"))) {
      assertEquals(
          List.of("last", "step-000018", "step-000024"),
          checkpoints.map(p -> p.getFileName().toString()).sorted().toList());
    }
    assertEquals("step-000024\n", Files.readString(folder.resolve("checkpoints/last")));
  }

  @Test
  void theSameConfigurationGivesTheSameWeightsWhateverTheLoaderThreads() throws IOException {
    byte[] expected = weights(pretrainer(TinyRuns.config(), "one").run());
    var train = TinyRuns.config().train().toBuilder();
    assertArrayEquals(
        expected,
        weights(pretrainer(with(TinyRuns.config(), train.loaderThreads(5)), "two").run()));
    byte[] other = weights(pretrainer(with(TinyRuns.config(), train.seed(8)), "three").run());
    assertFalse(java.util.Arrays.equals(expected, other), "the seed must matter");
  }

  @Test
  void aStoppedAndResumedRunEndsWithTheSameBits() throws IOException {
    PretrainResult whole = pretrainer(TinyRuns.config(), "whole").run();
    for (long stopAt : new long[] {1, 5, 6, 13, 23}) {
      StopToken token = new StopToken();
      String folder = "stopped-" + stopAt;
      PretrainResult stopped =
          pretrainer(TinyRuns.config(), folder)
              .stop(token)
              .listener(new StopAt(stopAt, token))
              .run();
      assertFalse(stopped.finished());
      assertEquals(stopAt, stopped.steps());
      PretrainResult resumed = pretrainer(TinyRuns.config(), folder).resume().run();
      assertTrue(resumed.finished());
      assertArrayEquals(weights(whole), weights(resumed), "stopped at " + stopAt);
      assertEquals(
          TinyRuns.metrics(whole.folder()),
          TinyRuns.metrics(resumed.folder()),
          "stopped at " + stopAt);
    }
  }

  @Test
  void aStopBeforeTheFirstStepCanBeResumed() throws IOException {
    StopToken token = new StopToken();
    token.request();
    PretrainResult stopped = pretrainer(TinyRuns.config(), "run").stop(token).run();
    assertEquals(0, stopped.steps());
    assertTrue(Files.exists(stopped.folder().resolve("checkpoints/step-000000/state.json")));
    assertEquals(List.of(), TinyRuns.metrics(stopped.folder()), "nor does it evaluate any more");
    stopped = pretrainer(TinyRuns.config(), "run").resume().stop(token).run();
    assertEquals(0, stopped.steps());
    PretrainResult resumed = pretrainer(TinyRuns.config(), "run").resume().run();
    PretrainResult whole = pretrainer(TinyRuns.config(), "whole").run();
    assertArrayEquals(weights(whole), weights(resumed));
    assertEquals(TinyRuns.metrics(whole.folder()), TinyRuns.metrics(resumed.folder()));
  }

  @Test
  void aFinishedRunCanBeResumedWithoutHarm() throws IOException {
    PretrainResult first = pretrainer(TinyRuns.config(), "run").run();
    byte[] before = weights(first);
    List<String> metrics = Files.readAllLines(first.folder().resolve("metrics.jsonl"));
    PretrainResult again = pretrainer(TinyRuns.config(), "run").resume().run();
    assertTrue(again.finished());
    assertArrayEquals(before, weights(again));
    assertEquals(metrics, Files.readAllLines(first.folder().resolve("metrics.jsonl")));
  }

  @Test
  void theTimeOfTheLastEvaluationIsCountedAfterResume() throws IOException {
    Path file = pretrainer(TinyRuns.config(), "run").run().folder().resolve("metrics.jsonl");
    // As if the evaluation after the last checkpoint had taken 1,000 s.
    String longer =
        Files.readString(file)
            .replaceAll("(?<start>\"eval\",\"step\":24,.*\"seconds\":)[^}]+", "${start}1000.0");
    Files.writeString(file, longer);
    PretrainResult again = pretrainer(TinyRuns.config(), "run").resume().run();
    double seconds = again.summary().orElseThrow().seconds();
    assertTrue(seconds > 1000 && seconds < 2000, "took " + seconds + " s");
  }

  @Test
  void aDamagedCheckpointIsPassedOver() throws IOException {
    PretrainResult whole = pretrainer(TinyRuns.config(), "run").run();
    byte[] expected = weights(whole);
    Path newest = whole.folder().resolve("checkpoints/step-000024/model.safetensors");
    byte[] bytes = Files.readAllBytes(newest);
    bytes[bytes.length - 5] ^= 1;
    Files.write(newest, bytes);
    List<Long> steps = new ArrayList<>();
    ProgressListener listener =
        new ProgressListener() {
          @Override
          public void started(RunInfo run) {
            steps.add(run.firstStep());
          }
        };
    PretrainResult resumed = pretrainer(TinyRuns.config(), "run").resume().listener(listener).run();
    assertEquals(List.of(18L), steps);
    assertArrayEquals(expected, weights(resumed));
  }

  @Test
  void ifAllCheckpointsAreDamagedNothingIsLost() throws IOException {
    PretrainResult whole = pretrainer(TinyRuns.config(), "run").run();
    for (String step : List.of("step-000018", "step-000024")) {
      Files.writeString(whole.folder().resolve("checkpoints/" + step + "/state.json"), "{");
    }
    List<String> metrics = Files.readAllLines(whole.folder().resolve("metrics.jsonl"));
    assertThrows(
        CheckpointException.class, () -> pretrainer(TinyRuns.config(), "run").resume().run());
    assertEquals(metrics, Files.readAllLines(whole.folder().resolve("metrics.jsonl")));
  }

  @Test
  void resumeRefusesAnotherConfigurationOrOtherImages() {
    StopToken token = new StopToken();
    pretrainer(TinyRuns.config(), "run").stop(token).listener(new StopAt(7, token)).run();
    var config = with(TinyRuns.config(), TinyRuns.config().train().toBuilder().seed(8));
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> pretrainer(config, "run").resume().run());
    assertTrue(e.getMessage().endsWith("train.seed was 7, now 8"), e.getMessage());
    var other =
        assertThrows(
            DataException.class,
            () ->
                Pretrainer.of(TinyRuns.config())
                    .folder(directory.resolve("run"))
                    .trainImages(TinyRuns.images(97, 99))
                    .resume()
                    .run());
    assertTrue(other.getMessage().contains("are not those that"), other.getMessage());
  }

  @Test
  void initFromTakesWeightsAndNothingElse() throws IOException {
    PretrainResult first = pretrainer(TinyRuns.config(), "first").run();
    var frozen = TinyRuns.config().with(OptimConfig.builder().lr(0).build());
    for (Path source : List.of(first.encoder(), first.folder())) {
      PretrainResult second =
          pretrainer(frozen, "second-" + source.getFileName()).initFrom(source).run();
      assertEquals(STEPS, second.steps());
      try (var a = SafetensorsReader.open(first.encoder());
          var b = SafetensorsReader.open(second.encoder())) {
        assertArrayEquals(bytes(a, "layer4.1.conv2.weight"), bytes(b, "layer4.1.conv2.weight"));
      }
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> pretrainer(frozen, "first").initFrom(first.encoder()).resume().run());
    var wide = TinyRuns.config().with(ModelConfig.builder().width(0.125).build());
    assertThrows(
        CheckpointException.class, () -> pretrainer(wide, "wide").initFrom(first.encoder()).run());
    assertFalse(Files.exists(directory.resolve("wide")));
  }

  @Test
  void aKilledRunThatBeganWithGivenWeightsDoesSoAgain() throws IOException {
    var seed = TinyRuns.config().train().toBuilder().seed(11);
    Path source = pretrainer(with(TinyRuns.config(), seed), "source").run().folder();
    byte[] expected = weights(pretrainer(TinyRuns.config(), "whole").initFrom(source).run());
    assertFalse(
        java.util.Arrays.equals(expected, weights(pretrainer(TinyRuns.config(), "random").run())));
    for (String folder : List.of("killed", "stopped", "orphaned")) {
      StopToken token = new StopToken();
      pretrainer(TinyRuns.config(), folder)
          .initFrom(source)
          .stop(token)
          .listener(new StopAt(3, token))
          .run();
    }
    // As after a kill before the first checkpoint.
    for (String folder : List.of("killed", "orphaned")) {
      RunFolder.deleteTree(directory.resolve(folder).resolve("checkpoints/step-000003"));
    }
    assertArrayEquals(expected, weights(pretrainer(TinyRuns.config(), "killed").resume().run()));
    RunFolder.deleteTree(source);
    assertArrayEquals(expected, weights(pretrainer(TinyRuns.config(), "stopped").resume().run()));
    var e =
        assertThrows(
            CheckpointException.class,
            () -> pretrainer(TinyRuns.config(), "orphaned").resume().run());
    assertTrue(e.getMessage().contains(source.toString()), e.getMessage());
  }

  private static byte[] bytes(SafetensorsReader reader, String name) {
    byte[] bytes = new byte[(int) reader.info(name).byteSize()];
    reader.read(name, java.lang.foreign.MemorySegment.ofArray(bytes));
    return bytes;
  }

  @Test
  void aBatchLargerThanTheDataIsRefused() {
    var config = with(TinyRuns.config(), TinyRuns.config().train().toBuilder().batch(98));
    var e = assertThrows(DataException.class, () -> pretrainer(config, "run").run());
    assertEquals(
        "train.batch is 98, more than the number of training images, which is 97; "
            + "the last partial batch is dropped, so none would be left; give train.batch=97 or less,"
            + " or more images",
        e.getMessage());
    assertFalse(Files.exists(directory.resolve("run")));
  }

  @Test
  void oneImageIsRefused() {
    assertThrows(
        DataException.class,
        () ->
            Pretrainer.of(TinyRuns.config())
                .folder(directory.resolve("run"))
                .trainImages(TinyRuns.images(1, 1))
                .run());
  }

  @Test
  void anUnbearableLearningRateEndsTheRunBeforeItsWeightsAreSaved() throws IOException {
    var config =
        with(TinyRuns.config(), TinyRuns.config().train().toBuilder().epochs(50).checkpointEvery(1))
            .with(
                OptimConfig.builder()
                    .lr(10)
                    .lrScaling(OptimConfig.Scaling.NONE)
                    .weightDecay(1)
                    .warmupEpochs(0)
                    .build());
    long handles = Torch.liveHandles();
    var e = assertThrows(NonFiniteLossException.class, () -> pretrainer(config, "run").run());
    assertEquals(handles, Torch.liveHandles());
    assertTrue(e.getMessage().contains("step " + e.step()), e.getMessage());
    long saved = (e.step() - 1) / TinyRuns.STEPS_PER_EPOCH * TinyRuns.STEPS_PER_EPOCH;
    assertTrue(saved > 0, e.getMessage());
    Path checkpoints = directory.resolve("run/checkpoints");
    String newest = String.format("step-%06d", saved);
    assertEquals(newest + "\n", Files.readString(checkpoints.resolve("last")), e.getMessage());
    NonFiniteRunTest.requireFinite(checkpoints.resolve(newest).resolve("model.safetensors"));
  }

  @Test
  void aRunThatDoesNotFitInMemoryIsRefused() {
    var config =
        with(
            TinyRuns.config()
                .with(DataConfig.builder().imageSize(1024).build())
                .with(ModelConfig.builder().stem(ModelConfig.StemKind.CIFAR).width(8).build()),
            TinyRuns.config().train().toBuilder().batch(97));
    var e = assertThrows(InsufficientMemoryException.class, () -> pretrainer(config, "run").run());
    assertTrue(e.neededBytes() > e.availableBytes(), e.getMessage());
    assertTrue(e.getMessage().contains("MiB are available"), e.getMessage());
    assertFalse(Files.exists(directory.resolve("run")));
  }

  @Test
  void aDamagedImageIsNamed() {
    ImageDataset broken = new BrokenDataset(trainImages, 11);
    var e =
        assertThrows(
            DataException.class,
            () ->
                Pretrainer.of(TinyRuns.config())
                    .folder(directory.resolve("run"))
                    .trainImages(broken)
                    .run());
    assertEquals("no view of image-11: planted", e.getMessage());
  }

  @Test
  void withoutTestImagesThereIsNoEvaluation() {
    PretrainResult result =
        Pretrainer.of(TinyRuns.config())
            .folder(directory.resolve("run"))
            .trainImages(trainImages)
            .run();
    assertTrue(result.summary().orElseThrow().last().isEmpty());
  }

  @Test
  void testImagesOfOtherClassesAreRefused() {
    var others = MemoryDataset.builder(List.of("columns", "rows"));
    RgbImage image = RgbImage.of(1, 1, new byte[3]);
    var e =
        assertThrows(
            DataException.class,
            () ->
                pretrainer(TinyRuns.config(), "run")
                    .testImages(others.add("one", 1, image).build())
                    .run());
    assertEquals(
        "the classes of the test images are [columns, rows], those of the training images"
            + " [rows, columns, rising, falling]; both need the same list",
        e.getMessage());
    assertFalse(Files.exists(directory.resolve("run")));
  }

  @Test
  void anInterruptStopsTheRun() {
    ProgressListener interrupter =
        new ProgressListener() {
          private final Thread caller = Thread.currentThread();

          @Override
          public void stepped(StepProgress progress) {
            if (progress.step() == 3) {
              caller.interrupt();
            }
          }
        };
    var longer = with(TinyRuns.config(), TinyRuns.config().train().toBuilder().epochs(1000));
    PretrainResult result = pretrainer(longer, "run").listener(interrupter).run();
    assertTrue(Thread.interrupted());
    assertFalse(result.finished());
    assertTrue(result.steps() >= 3);
  }

  /** bfloat16 views are what the first convolution would make of float32 ones, bit for bit. */
  @Test
  void viewsInBfloat16ChangeNothingInAutocast() {
    var config = TinyRuns.config();
    var samplers = Augmentation.samplers(config);
    List<float[]> features = new ArrayList<>();
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad();
        ResNet encoder = EncoderConfig.of(config).network(0)) {
      encoder.to(MemoryFormat.CHANNELS_LAST);
      encoder.eval();
      for (boolean bf16 : new boolean[] {false, true}) {
        var format = Augmentation.format(config, bf16);
        try (ViewLoader loader =
                new ViewLoader(
                    () ->
                        new ViewFiller(
                            trainImages,
                            config.train(),
                            samplers,
                            Augmentation.augmenter(config, bf16)),
                    TinyRuns.BATCH,
                    2,
                    format,
                    0,
                    1,
                    2,
                    Device.CPU);
            ViewSource.Views views = loader.next();
            var _ = Autocast.bf16(Device.CPU)) {
          assertEquals(bf16 ? DType.BFLOAT16 : DType.FLOAT32, views.tensor().dtype());
          features.add(encoder.forward(views.tensor()).to(DType.FLOAT32).toFloatArray());
        }
      }
    }
    assertArrayEquals(features.get(0), features.get(1));
    assertTrue(features.get(0)[0] != features.get(0)[1]);
  }

  @Test
  void oneViewIsRefused() {
    var config = TinyRuns.config();
    var changed = config.with(config.augment().toBuilder().views(1).build());
    var e = assertThrows(IllegalArgumentException.class, () -> pretrainer(changed, "views").run());
    assertEquals(
        "augment.views is 1; allowed: at least 2 in training, whose loss compares them",
        e.getMessage());
  }

  /** Views of each image by a pipeline of their own, whatever slices the batch is filled in. */
  @Test
  void viewsHavePipelinesOfTheirOwn() {
    var augment =
        AugmentSettings.builder()
            .views(4)
            .view(2, ViewSettings.builder().pipeline(ViewSettings.Pipeline.IDENTITY).build())
            .view(3, ViewSettings.builder().order().flip(0).build())
            .build();
    var config = TinyRuns.config().with(augment);
    var samplers = Augmentation.samplers(config);
    var format = Augmentation.format(config);
    assertEquals(4, samplers.size());
    int rows = TinyRuns.BATCH;
    float[] whole = new float[4 * rows * format.values()];
    float[] sliced = new float[whole.length];
    var filler =
        new ViewFiller(trainImages, config.train(), samplers, Augmentation.augmenter(config));
    filler.fill(1, 0, rows, MemorySegment.ofArray(whole));
    for (int row = rows - 1; row >= 0; row--) {
      filler.fill(1, row, row + 1, MemorySegment.ofArray(sliced));
    }
    assertArrayEquals(whole, sliced);
    float[] expected = new float[format.values()];
    var identity = new EvalTransform(format);
    for (int row = 0; row < rows; row++) {
      int index = filler.image(1, row);
      int height = trainImages.height(index);
      int width = trainImages.width(index);
      identity.apply(trainImages.image(index), height, width, MemorySegment.ofArray(expected), 0);
      int at = (rows + row) * format.values();
      assertArrayEquals(expected, Arrays.copyOfRange(whole, at, at + expected.length));
      var third = samplers.get(2).sample(new ViewKey(0, 0, 1, index, 2), height, width);
      assertEquals(List.of(), third.ops());
      assertFalse(third.flip());
    }
  }

  @Test
  void controlsPairOtherImages() {
    for (TrainConfig.Positives positives : TrainConfig.Positives.values()) {
      var config =
          with(TinyRuns.config(), TinyRuns.config().train().toBuilder().positives(positives));
      var samplers = Augmentation.samplers(config);
      var filler =
          new ViewFiller(trainImages, config.train(), samplers, Augmentation.augmenter(config));
      for (long step = 0; step < 12; step++) {
        for (int row = 0; row < TinyRuns.BATCH; row++) {
          boolean same = filler.image(step, row) == filler.image(step, TinyRuns.BATCH + row);
          assertEquals(positives != TrainConfig.Positives.SHUFFLED, same);
        }
      }
    }
  }
}
