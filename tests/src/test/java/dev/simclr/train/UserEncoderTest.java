package dev.simclr.train;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.embed.Classifier;
import dev.simclr.embed.Encoder;
import dev.simclr.embed.EncoderOptions;
import dev.simclr.eval.KnnClassifier;
import dev.simclr.eval.LinearProbe;
import dev.simclr.model.Module;
import dev.simclr.model.ParameterKind;
import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Init;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An encoder that a user of the library wrote. */
@Timeout(180)
@ExtendWith(LeakCheck.class)
final class UserEncoderTest {
  static final int DIM = 24;

  @TempDir Path directory;
  private final ImageDataset trainImages = TinyRuns.trainImages();
  private final ImageDataset testImages = TinyRuns.testImages();

  /** Mean of each row of pixels, a dense layer, ReLU: nothing that the library has. */
  static final class RowMeans extends Module {
    private final Slot weight;

    RowMeans(long seed) {
      try (var _ = TensorScope.open()) {
        Tensor initial = Tensor.empty(DType.FLOAT32, DIM, 3 * TinyRuns.SIZE);
        weight = parameter("mixing", ParameterKind.WEIGHT, Init.normal_(initial, 0, 0.2, seed));
      }
    }

    @Override
    public Tensor forward(Tensor x) {
      try (var scope = TensorScope.open()) {
        return scope.keep(x.mean(false, 3).flatten(1, -1).linear(weight.tensor()).relu());
      }
    }
  }

  private static PretrainConfig config(int steps) {
    PretrainConfig tiny = TinyRuns.config();
    return tiny.with(tiny.train().toBuilder().epochs(steps).build())
        .with(tiny.optim().toBuilder().warmupEpochs(0).build());
  }

  /** Two epochs of one step. */
  private PretrainResult train(String folder, int featureDim) {
    try (ImageDataset images = TinyRuns.images(TinyRuns.BATCH + 1, 3);
        ImageDataset test = TinyRuns.images(8, 4)) {
      return Pretrainer.of(config(2))
          .encoder(featureDim, RowMeans::new)
          .folder(directory.resolve(folder))
          .trainImages(images)
          .testImages(test)
          .run();
    }
  }

  @Test
  void isTrainedAndSavedByItsNames() {
    PretrainResult result = train("run", DIM);
    assertEquals(2, result.steps());
    assertTrue(result.summary().orElseThrow().last().isPresent());
    try (var _ = TensorScope.open();
        RowMeans untrained = new RowMeans(config(2).train().seed());
        SafetensorsReader reader = SafetensorsReader.open(result.encoder())) {
      assertEquals(List.of("mixing"), List.copyOf(reader.names()));
      double[] before = untrained.state().get("mixing").toDoubleArray();
      double[] after = reader.tensor("mixing").toDoubleArray();
      assertNotEquals(before[0], after[0]);
      // Two steps of a rate below 0.01 do not leave the neighbourhood of the seed's weights.
      assertClose(before, after, 0.1, 0, "weights");
      assertFalse(reader.metadata().keySet().stream().anyMatch(key -> key.startsWith("model.")));
      assertEquals("16", reader.metadata().get("data.image_size"));
    }
  }

  @Test
  void aWrongWidthOfItsFeaturesIsNamed() {
    var e = assertThrows(IllegalArgumentException.class, () -> train("wrong", 25));
    assertEquals(
        "the encoder gives [17, 24]; allowed: [N, 25], as featureDim says", e.getMessage());
    Pretrainer pretrainer = Pretrainer.of(config(1));
    e = assertThrows(IllegalArgumentException.class, () -> pretrainer.encoder(0, RowMeans::new));
    assertEquals("featureDim is 0; allowed: at least 1", e.getMessage());
  }

  private static PretrainConfig convolutional(int chunk) {
    PretrainConfig config = config(2);
    return config
        .with(config.train().toBuilder().chunk(chunk).build())
        .with(config.eval().toBuilder().linear(true).build());
  }

  private Pretrainer convNet(PretrainConfig config, String folder) {
    return Pretrainer.of(config)
        .encoder(ConvNet.DIM, ConvNet::new)
        .folder(directory.resolve(folder))
        .trainImages(trainImages)
        .testImages(testImages);
  }

  private static double[] values(Path file, String name) {
    try (var _ = TensorScope.open();
        SafetensorsReader reader = SafetensorsReader.open(file)) {
      return reader.tensor(name).to(DType.FLOAT64).toDoubleArray();
    }
  }

  private static List<String> names(Path file) {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      return List.copyOf(reader.names());
    }
  }

  /** Running statistics are part of the state; chunks update them once each. */
  @ParameterizedTest
  @ValueSource(ints = {0, 4})
  void batchNormResumesBitForBit(int chunk) throws IOException {
    PretrainConfig config = convolutional(chunk);
    PretrainResult whole = convNet(config, "whole").run();
    long updates = whole.steps() * (chunk == 0 ? 1 : TinyRuns.BATCH / chunk);
    assertEquals(2L * TinyRuns.STEPS_PER_EPOCH, whole.steps());
    assertArrayEquals(
        new double[] {updates}, values(whole.encoder(), "norm_a.num_batches_tracked"));
    assertNotEquals(0, values(whole.encoder(), "norm_b.running_mean")[0]);

    StopToken token = new StopToken();
    ProgressListener listener =
        new ProgressListener() {
          @Override
          public void stepped(StepProgress progress) {
            if (progress.step() == TinyRuns.STEPS_PER_EPOCH + 2) {
              token.request();
            }
          }
        };
    assertFalse(convNet(config, "parts").listener(listener).stop(token).run().finished());
    PretrainResult resumed = convNet(config, "parts").resume().run();
    assertArrayEquals(Files.readAllBytes(whole.encoder()), Files.readAllBytes(resumed.encoder()));
  }

  private static EncoderOptions options() {
    return EncoderOptions.builder()
        .device(TrainConfig.DeviceChoice.CPU)
        .threads(1)
        .batch(EvalConfig.defaults().batch())
        .build();
  }

  private static int[] labels(ImageDataset images) {
    return IntStream.range(0, images.size()).map(images::label).toArray();
  }

  @Test
  void isEvaluatedAsTheRunEvaluatesIt() {
    PretrainConfig config = convolutional(0);
    PretrainResult result = convNet(config, "run").run();
    Evaluation last = result.summary().orElseThrow().last().orElseThrow();
    try (Encoder encoder =
            Encoder.load(directory.resolve("run"), ConvNet.DIM, ConvNet::new, options());
        ConvNet network = new ConvNet(1);
        var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      assertEquals(ConvNet.DIM, encoder.featureDim());
      assertEquals(TinyRuns.SIZE, encoder.imageSize());
      Tensor train = encoder.features(trainImages);
      Tensor test = encoder.features(testImages);
      assertEquals(
          last.knn().orElseThrow(),
          new KnnClassifier(config.eval().knnK(), config.eval().knnT())
              .accuracy(train, labels(trainImages), test, labels(testImages)));
      assertEquals(
          last.linear().orElseThrow(),
          LinearProbe.fit(train, labels(trainImages), 4).accuracy(test, labels(testImages)).top1());

      // Images have the size of views, which are therefore their pixels.
      SimClrModel.load(result.encoder(), network.state());
      network.eval();
      RgbImage image =
          RgbImage.of(
              TinyRuns.SIZE, TinyRuns.SIZE, testImages.image(0).toArray(ValueLayout.JAVA_BYTE));
      double[] expected = network.forward(pixels(image)).toDoubleArray();
      assertClose(expected, doubles(encoder.embed(image)), 1e-5, 1e-5, "h of one image");
      assertClose(expected, test.narrow(0, 0, 1).toDoubleArray(), 1e-5, 1e-5, "h of the data set");
    }
    Path folder = directory.resolve("run");
    var e = assertThrows(CheckpointException.class, () -> Encoder.load(folder, options()));
    assertTrue(e.getMessage().contains("is of a network of your own"), e.getMessage());
    e =
        assertThrows(
            CheckpointException.class, () -> Encoder.load(folder, DIM, RowMeans::new, options()));
    assertTrue(e.getMessage().contains("made for another model"), e.getMessage());
    var wrong =
        assertThrows(
            IllegalArgumentException.class,
            () -> {
              try (Encoder encoder = Encoder.load(folder, 25, ConvNet::new, options())) {
                encoder.embed(RgbImage.of(1, 1, new byte[3]));
              }
            });
    assertEquals(
        "the encoder gives [1, 24]; allowed: [N, 25], as featureDim says", wrong.getMessage());
  }

  /** {@code [1, 3, S, S]}, values from 0 to 1. */
  private static Tensor pixels(RgbImage image) {
    int side = TinyRuns.SIZE;
    float[] values = new float[3 * side * side];
    byte[] bytes = image.pixels().toArray(ValueLayout.JAVA_BYTE);
    for (int i = 0; i < bytes.length; i++) {
      values[i % 3 * side * side + i / 3] = (bytes[i] & 0xff) / 255f;
    }
    return Tensor.of(values, 1, 3, side, side);
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private FineTuner tuner(FineTuneConfig tuning, String out) {
    return FineTuner.of(
            ClassifierConfig.of(EncoderConfig.of(config(1)), trainImages.classNames()), tuning)
        .encoder(ConvNet.DIM, ConvNet::new)
        .machine(config(1).train())
        .trainImages(trainImages)
        .testImages(testImages)
        .out(directory.resolve(out));
  }

  @Test
  void isFineTuned() {
    Path encoder = convNet(convolutional(0), "run").run().encoder();
    Path frozen = directory.resolve("frozen.safetensors");
    FineTuneResult linear =
        tuner(FineTuneConfig.linear(TinyRuns.BATCH).withEpochs(2), "frozen.safetensors")
            .initFrom(encoder)
            .run();
    assertEquals(4 * (ConvNet.DIM + 1), linear.trained());
    for (String name : names(encoder)) {
      assertArrayEquals(values(encoder, name), values(frozen, name), name);
    }

    Path tuned = directory.resolve("tuned.safetensors");
    FineTuneResult all =
        tuner(FineTuneConfig.v1(2, TinyRuns.BATCH), "tuned.safetensors").initFrom(encoder).run();
    try (ConvNet network = new ConvNet(0)) {
      assertEquals(4 * (ConvNet.DIM + 1) + network.parameterCount(), all.trained());
    }
    for (String name : names(encoder)) {
      assertFalse(Arrays.equals(values(encoder, name), values(tuned, name)), name);
    }
    // From the run's weights: not so far away from them.
    assertClose(
        values(encoder, "layer_a.weight"),
        values(tuned, "layer_a.weight"),
        0.05,
        0,
        "layer_a.weight");

    for (Path file : List.of(frozen, tuned)) {
      FineTuneResult result = file.equals(frozen) ? linear : all;
      try (Classifier classifier = Classifier.load(file, ConvNet.DIM, ConvNet::new, options())) {
        assertEquals(trainImages.classNames(), classifier.classNames());
        long right =
            IntStream.range(0, testImages.size())
                .filter(i -> {
                  RgbImage image =
                      RgbImage.of(
                          TinyRuns.SIZE,
                          TinyRuns.SIZE,
                          testImages.image(i).toArray(ValueLayout.JAVA_BYTE));
                  String found = classifier.predict(image).className();
                  return found.equals(testImages.classNames().get(testImages.label(i)));
                })
                .count();
        assertEquals(
            result.test().orElseThrow().accuracy().top1(), (double) right / testImages.size());
      }
      var e = assertThrows(CheckpointException.class, () -> Classifier.load(file, options()));
      assertTrue(e.getMessage().contains("is of a network of your own"), e.getMessage());
    }
  }

  /** A tensor with the name of the classifier's own. */
  private static final class Named extends Module {
    private Named(long seed) {
      try (var _ = TensorScope.open()) {
        parameter("fc.weight", ParameterKind.WEIGHT, Tensor.ones(DType.FLOAT32, 1 + seed));
      }
    }

    @Override
    public Tensor forward(Tensor x) {
      return x;
    }
  }

  @Test
  void whatCannotBeFineTunedIsNamed() {
    FineTuneConfig config = FineTuneConfig.v1(1, TinyRuns.BATCH);
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> tuner(config.withFromBlock(2), "x").run());
    assertEquals(
        "the block to train from is 2; allowed with a network of your own: -1 and 4",
        e.getMessage());
    e =
        assertThrows(
            IllegalArgumentException.class, () -> tuner(config, "x").encoder(3, Named::new).run());
    assertEquals(
        "the encoder has a tensor fc.weight; allowed: names that do not begin with head. or fc., as"
            + " those of the classifier do",
        e.getMessage());
  }
}
