package dev.simclr.train;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.augment.AugmentConfig;
import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.MemoryDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.data.SubsetDataset;
import dev.simclr.embed.Classifier;
import dev.simclr.embed.Encoder;
import dev.simclr.embed.EncoderOptions;
import dev.simclr.random.SampleOrder;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.TensorScope;
import dev.simclr.train.TrainConfig.DeviceChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(180)
@ExtendWith(LeakCheck.class)
final class FineTunerTest {
  private static final int CLASSES = 4;
  private static final int BATCH = 16;

  @TempDir static Path shared;
  @TempDir Path directory;
  private static Path run;

  @BeforeAll
  static void pretrain() {
    run = shared.resolve("run");
    try (ImageDataset train = TinyRuns.trainImages();
        ImageDataset test = TinyRuns.testImages()) {
      Pretrainer.of(TinyRuns.config()).folder(run).trainImages(train).testImages(test).run();
    }
  }

  private static EncoderConfig encoder() {
    return EncoderConfig.of(TinyRuns.config());
  }

  private static ClassifierConfig onH(ImageDataset images) {
    return ClassifierConfig.of(encoder(), images.classNames());
  }

  private static ClassifierConfig onLayer(ImageDataset images, int layer) {
    return new ClassifierConfig(
        encoder(), Optional.of(TinyRuns.config().head()), layer, images.classNames());
  }

  private FineTuner tuner(
      ClassifierConfig classifier, FineTuneConfig config, ImageDataset train, String out) {
    return FineTuner.of(classifier, config)
        .initFrom(run.resolve("model.safetensors"))
        .headFrom(run.resolve("head.safetensors"))
        .trainImages(train)
        .machine(TinyRuns.config().train())
        .evalBatch(16)
        .out(directory.resolve(out));
  }

  private static double[] values(Path file, String name) {
    try (SafetensorsReader reader = SafetensorsReader.open(file);
        var _ = TensorScope.open()) {
      return reader.tensor(name).toDoubleArray();
    }
  }

  private static List<String> names(Path file) {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      return List.copyOf(new TreeSet<>(reader.names()));
    }
  }

  @Test
  void whatDoesNotFitInMemoryIsRefused() {
    EncoderConfig huge =
        EncoderConfig.of(
            TinyRuns.config()
                .with(DataConfig.builder().imageSize(1024).build())
                .with(ModelConfig.builder().stem(ModelConfig.StemKind.CIFAR).width(8).build()));
    try (ImageDataset train = TinyRuns.trainImages()) {
      FineTuner tuner =
          FineTuner.of(ClassifierConfig.of(huge, train.classNames()), FineTuneConfig.linear(BATCH))
              .trainImages(train)
              .machine(TinyRuns.config().train())
              .out(directory.resolve("huge.safetensors"));
      var e = assertThrows(InsufficientMemoryException.class, tuner::run);
      assertTrue(e.neededBytes() > e.availableBytes(), e.getMessage());
      assertTrue(
          e.getMessage().contains("MiB are available; lower the batch, which is " + BATCH),
          e.getMessage());
    }
    assertFalse(Files.exists(directory.resolve("huge.safetensors")));
  }

  /**
   * Without augmentation, the linear layer ends where SGD with Nesterov momentum in double loops
   * over the encoder's features ends, or LARS with no trust ratio; the encoder and its statistics
   * stay, bit for bit. The gradient of the weight, and not of the bias, has weight decay in it.
   */
  @ParameterizedTest
  @CsvSource({"SGD, 0", "SGD, 0.5", "LARS, 0", "LARS, 0.5"})
  void linearEvaluationIsSgdOnFrozenFeatures(OptimConfig.Algorithm optimizer, double decay) {
    Path out = directory.resolve("linear.safetensors");
    boolean nesterov = optimizer == OptimConfig.Algorithm.SGD;
    FineTuneConfig linear = FineTuneConfig.linear(BATCH);
    OptimConfig optim =
        linear.optim().toBuilder().name(optimizer).nesterov(nesterov).weightDecay(decay).build();
    FineTuneConfig config = linear.withOptim(optim).withEpochs(3).withSeed(5);
    try (ImageDataset train = TinyRuns.trainImages()) {
      FineTuneResult result =
          tuner(onH(train), config, train, "linear.safetensors").views(AugmentConfig.NONE).run();
      double[][] h = features(train);
      int dim = h[0].length;
      int steps = 3 * (train.size() / BATCH);
      assertEquals(steps, result.steps());
      assertTrue(result.finished());
      assertEquals(CLASSES * (dim + 1), result.trained());
      double[] point = new double[CLASSES * (dim + 1)];
      double[] momentum = new double[point.length];
      SampleOrder order = SampleOrder.of(5, train.size());
      double peak = 0.1 * BATCH / 256;
      double lastEpoch = 0;
      for (int step = 0; step < steps; step++) {
        double[] gradient = new double[point.length];
        double loss = 0;
        for (int row = 0; row < BATCH; row++) {
          int i = order.inBatch(step, row, BATCH);
          loss += addGradient(h[i], train.label(i), point, gradient) / BATCH;
        }
        lastEpoch += step >= 2 * steps / 3 ? loss / (steps / 3.0) : 0;
        double lr = peak * 0.5 * (1 + Math.cos(Math.PI * step / steps));
        for (int j = 0; j < point.length; j++) {
          double g = gradient[j] / BATCH + (j < CLASSES * dim ? decay * point[j] : 0);
          if (nesterov) {
            momentum[j] = 0.9 * momentum[j] + g;
            point[j] -= lr * (g + 0.9 * momentum[j]);
          } else {
            momentum[j] = 0.9 * momentum[j] + lr * g;
            point[j] -= momentum[j];
          }
        }
      }
      assertClose(
          Arrays.copyOf(point, CLASSES * dim), values(out, "fc.weight"), 1e-5, 1e-4, "weight");
      assertClose(
          Arrays.copyOfRange(point, CLASSES * dim, point.length),
          values(out, "fc.bias"),
          1e-5,
          1e-4,
          "bias");
      assertEquals(lastEpoch, result.loss(), 1e-4);
    }
    Path encoder = run.resolve("model.safetensors");
    List<String> expected = new ArrayList<>(names(encoder));
    expected.addAll(List.of("fc.bias", "fc.weight"));
    assertEquals(List.copyOf(new TreeSet<>(expected)), names(out));
    for (String name : names(encoder)) {
      assertArrayEquals(values(encoder, name), values(out, name), name);
    }
  }

  /** Adds (P - Y) h' of one sample and returns its cross-entropy. */
  private static double addGradient(double[] h, int label, double[] point, double[] gradient) {
    int dim = h.length;
    double[] p = new double[CLASSES];
    double sum = 0;
    for (int c = 0; c < CLASSES; c++) {
      double score = point[CLASSES * dim + c];
      for (int d = 0; d < dim; d++) {
        score += point[c * dim + d] * h[d];
      }
      p[c] = Math.exp(score);
      sum += p[c];
    }
    for (int c = 0; c < CLASSES; c++) {
      double residual = p[c] / sum - (c == label ? 1 : 0);
      gradient[CLASSES * dim + c] += residual;
      for (int d = 0; d < dim; d++) {
        gradient[c * dim + d] += residual * h[d];
      }
    }
    return Math.log(sum) - Math.log(p[label]);
  }

  private static double[][] features(ImageDataset images) {
    try (Encoder encoder =
            Encoder.load(
                run, EncoderOptions.builder().device(DeviceChoice.CPU).threads(1).build());
        var _ = TensorScope.open()) {
      double[] all = encoder.features(images).toDoubleArray();
      int dim = encoder.featureDim();
      double[][] rows = new double[images.size()][];
      Arrays.setAll(rows, i -> Arrays.copyOfRange(all, i * dim, (i + 1) * dim));
      return rows;
    }
  }

  @Test
  void whatIsFrozenStaysWithItsStatistics() {
    Path out = directory.resolve("part.safetensors");
    Path encoder = run.resolve("model.safetensors");
    try (ImageDataset train = TinyRuns.trainImages()) {
      FineTuneConfig config = FineTuneConfig.v1(1, BATCH).withFromBlock(2);
      tuner(onH(train), config, train, "part.safetensors").run();
    }
    for (String name : names(encoder)) {
      boolean frozen = !name.startsWith("layer3") && !name.startsWith("layer4");
      assertEquals(frozen, Arrays.equals(values(encoder, name), values(out, name)), name);
    }
  }

  @Test
  void fromBlockMinusOneTrainsEverything() {
    Path out = directory.resolve("all.safetensors");
    Path encoder = run.resolve("model.safetensors");
    try (ImageDataset train = TinyRuns.trainImages()) {
      tuner(onH(train), FineTuneConfig.v1(1, BATCH), train, "all.safetensors").run();
    }
    for (String name : names(encoder)) {
      assertFalse(Arrays.equals(values(encoder, name), values(out, name)), name);
    }
  }

  /** Layers of the head up to the chosen one are trained and part of the classifier's file. */
  @Test
  void aClassifierOnAHeadLayer() {
    Path out = directory.resolve("head.safetensors");
    Path head = run.resolve("head.safetensors");
    FineTuneConfig config = FineTuneConfig.v2(2, BATCH);
    try (ImageDataset train = TinyRuns.trainImages();
        ImageDataset test = TinyRuns.testImages()) {
      FineTuneResult result =
          tuner(onLayer(train, 1), config, train, "head.safetensors").testImages(test).run();
      assertTrue(names(out).contains("head.0.linear.weight"));
      assertFalse(
          Arrays.equals(values(head, "0.linear.weight"), values(out, "head.0.linear.weight")));
      assertArrayEquals(values(head, "1.linear.weight"), values(out, "head.1.linear.weight"));
      try (var classifier = Classifier.load(out)) {
        assertEquals(1, classifier.config().headLayer());
        assertEquals(TinyRuns.config().head(), classifier.config().head().orElseThrow());
        int[] correct = new int[1];
        classifier.predict(
            test,
            (first, predictions) -> {
              for (int i = 0; i < predictions.size(); i++) {
                correct[0] += predictions.get(i).label() == test.label((int) first + i) ? 1 : 0;
              }
            });
        assertEquals(correct[0], result.test().orElseThrow().accuracy().top1() * test.size(), 1e-9);
      }
    }
  }

  /** The encoders of SimCLRv2, from whose stem, blocks and head freezing has to tell apart. */
  @Test
  void encodersOfTheSecondPaperAreFrozenSavedAndLoaded() {
    ModelConfig model =
        ModelConfig.builder()
            .encoder(ModelConfig.Architecture.RESNET50)
            .width(0.0625)
            .resnetD(true)
            .skRatio(0.0625)
            .build();
    HeadConfig head = HeadConfig.builder().layers(3).out(8).build();
    EncoderConfig encoder = EncoderConfig.of(model, TinyRuns.SIZE);
    try (ImageDataset all = TinyRuns.trainImages();
        ImageDataset test = TinyRuns.testImages()) {
      ImageDataset train = SubsetDataset.of(all, IntStream.range(0, 16).toArray());
      ClassifierConfig classifier =
          new ClassifierConfig(encoder, Optional.of(head), 1, all.classNames());
      Path untrained = directory.resolve("untrained");
      Path trained = directory.resolve("trained");
      FineTuneConfig config = FineTuneConfig.v2(1, 8).withFromBlock(0);
      OptimConfig still = config.optim().toBuilder().lr(0).build();
      for (Path file : List.of(untrained, trained)) {
        FineTuner.of(classifier, file.equals(untrained) ? config.withOptim(still) : config)
            .trainImages(train)
            .testImages(test)
            .machine(TinyRuns.config().train())
            .out(file)
            .run();
      }
      for (String name : names(trained)) {
        boolean statistic = name.contains("running_") || name.contains("num_batches");
        boolean frozen = !name.startsWith("layer") && !name.startsWith("head.0.");
        if (!statistic && !name.startsWith("fc.")) {
          assertEquals(frozen, Arrays.equals(values(untrained, name), values(trained, name)), name);
        }
      }
      try (var loaded = Classifier.load(trained)) {
        assertEquals(classifier, loaded.config());
      }
    }
  }

  /** The four kinds of stripes are easy for a network that is trained on their labels. */
  @Test
  void theSupervisedBaselineLearns() {
    try (ImageDataset train = TinyRuns.trainImages();
        ImageDataset test = TinyRuns.testImages()) {
      List<FineTuner.Epoch> epochs = new ArrayList<>();
      FineTuneConfig slow = FineTuneConfig.v1(30, BATCH).withSeed(3);
      FineTuneConfig config = slow.withOptim(slow.optim().toBuilder().lr(1).build());
      FineTuneResult result =
          FineTuner.of(onH(train), config)
              .trainImages(train)
              .testImages(test)
              .machine(TinyRuns.config().train())
              .views(AugmentConfig.NONE)
              .listener(epochs::add)
              .run();
      double top1 = result.test().orElseThrow().accuracy().top1();
      assertTrue(top1 >= 0.6, "top-1 " + top1 + ", chance is 0.25");
      assertEquals(30, epochs.size());
      assertEquals(30, epochs.getLast().epoch());
      assertEquals(result.loss(), epochs.getLast().loss());
      // The first step's loss is that of a classifier of zeros.
      assertTrue(epochs.getFirst().loss() < 2 * Math.log(CLASSES));
      assertTrue(epochs.getLast().loss() < epochs.getFirst().loss());
      assertEquals(40, result.test().orElseThrow().total());
    }
  }

  @Test
  void theSeedDeterminesTheResult() throws IOException {
    try (ImageDataset all = TinyRuns.trainImages()) {
      ImageDataset train = SubsetDataset.of(all, IntStream.range(0, 40).toArray());
      FineTuneConfig config = FineTuneConfig.v1(2, 8).withSeed(1);
      tuner(onH(train), config, train, "a").run();
      tuner(onH(train), config, train, "b").run();
      tuner(onH(train), config.withSeed(2), train, "c").run();
      // Only device, precision, threads and determinism of a pretraining run count.
      TrainConfig other =
          TinyRuns.config().train().toBuilder()
              .batching(TrainConfig.Batching.CONTINUOUS)
              .positives(TrainConfig.Positives.SHUFFLED)
              .batch(4)
              .seed(9)
              .epochs(1)
              .build();
      tuner(onH(train), config, train, "d").machine(other).run();
    }
    byte[] first = Files.readAllBytes(directory.resolve("a"));
    assertArrayEquals(first, Files.readAllBytes(directory.resolve("b")));
    assertArrayEquals(first, Files.readAllBytes(directory.resolve("d")));
    assertFalse(
        Arrays.equals(
            values(directory.resolve("a"), "fc.weight"),
            values(directory.resolve("c"), "fc.weight")));
  }

  /** bfloat16 has 8 bits of precision: one epoch of linear evaluation differs only a little. */
  @Test
  void bfloat16DiffersOnlyALittle() {
    FineTuneConfig config = FineTuneConfig.linear(BATCH).withEpochs(1);
    try (ImageDataset train = TinyRuns.trainImages()) {
      double exact = tuner(onH(train), config, train, "float32").run().loss();
      TrainConfig bf16 =
          TinyRuns.config().train().toBuilder().precision(TrainConfig.Precision.BF16).build();
      double rounded = tuner(onH(train), config, train, "bf16").machine(bf16).run().loss();
      assertEquals(exact, rounded, 0.02);
      assertTrue(exact != rounded, "bfloat16 was not used");
    }
    double[] a = values(directory.resolve("float32"), "fc.weight");
    double[] b = values(directory.resolve("bf16"), "fc.weight");
    double difference = 0;
    double size = 0;
    for (int i = 0; i < a.length; i++) {
      difference += (a[i] - b[i]) * (a[i] - b[i]);
      size += a[i] * a[i];
    }
    assertTrue(difference < 0.01 * size, difference + " of " + size);
  }

  @Test
  void aStoppedRunWritesNothing() {
    try (ImageDataset train = TinyRuns.trainImages();
        ImageDataset test = TinyRuns.testImages()) {
      StopToken stop = new StopToken();
      FineTuneResult result =
          tuner(onH(train), FineTuneConfig.v1(4, BATCH), train, "stopped")
              .testImages(test)
              .listener(epoch -> stop.request())
              .stop(stop)
              .run();
      assertFalse(result.finished());
      assertEquals(train.size() / BATCH, result.steps());
      assertEquals(Optional.empty(), result.test());
      assertFalse(Files.exists(directory.resolve("stopped")));
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    try (ImageDataset train = TinyRuns.trainImages()) {
      var tooLarge =
          assertThrows(
              DataException.class,
              () -> tuner(onH(train), FineTuneConfig.v1(1, 1000), train, "x").run());
      assertEquals(
          "the batch is 1000, more than the 97 training images; take a batch of 97 or less, or more"
              + " images",
          tooLarge.getMessage());
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> FineTuner.of(onH(train), FineTuneConfig.v1(1, 8)).run());
      assertEquals("trainImages is not set", e.getMessage());
      e = assertThrows(IllegalArgumentException.class, () -> onLayer(train, 3));
      assertEquals(
          "the head layer is 3; allowed: 0 to 2, the layers of the projection head",
          e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class, () -> FineTuneConfig.linear(8).withFromBlock(5));
      assertEquals("the block to train from is 5; allowed: -1 to 4", e.getMessage());
      ClassifierConfig others = ClassifierConfig.of(encoder(), List.of("x", "y"));
      var unfit =
          assertThrows(
              DataException.class, () -> tuner(others, FineTuneConfig.v1(1, 8), train, "x").run());
      assertTrue(unfit.getMessage().startsWith("the classes of the training images are "));
      MemoryDataset unlabelled =
          MemoryDataset.builder(List.of()).add("one", -1, RgbImage.of(1, 1, new byte[3])).build();
      unfit =
          assertThrows(
              DataException.class,
              () -> tuner(others, FineTuneConfig.v1(1, 1), unlabelled, "x").run());
      assertEquals("not all of the 1 training images have a label", unfit.getMessage());
      unfit =
          assertThrows(
              DataException.class,
              () ->
                  FineTuner.of(onLayer(train, 1), FineTuneConfig.v1(1, 8))
                      .initFrom(run.resolve("model.safetensors"))
                      .trainImages(train)
                      .machine(TinyRuns.config().train())
                      .run());
      assertEquals(
          "a classifier on head layer 1 needs the file of the projection head", unfit.getMessage());
      assertFalse(Files.exists(directory.resolve("x")));
    }
  }

  @Test
  void theWarmUpBeginsWhereTheConfigurationSays() {
    try (ImageDataset train = TinyRuns.trainImages()) {
      for (OptimConfig.Warmup warmup : OptimConfig.Warmup.values()) {
        FineTuneConfig usual = FineTuneConfig.linear(train.size()).withEpochs(3);
        OptimConfig optim =
            usual.optim().toBuilder()
                .lr(1)
                .lrScaling(OptimConfig.Scaling.NONE)
                .warmup(warmup)
                .warmupEpochs(2)
                .build();
        List<Double> rates = new ArrayList<>();
        tuner(onH(train), usual.withOptim(optim), train, warmup + ".safetensors")
            .listener(epoch -> rates.add(epoch.learningRate()))
            .run();
        boolean fromZero = warmup == OptimConfig.Warmup.FROM_ZERO;
        assertEquals(fromZero ? List.of(0.0, 0.5, 1.0) : List.of(0.5, 1.0, 1.0), rates);
      }
    }
  }

  @Test
  void refusesWhatWouldHaveNoEffect() {
    try (ImageDataset train = TinyRuns.trainImages()) {
      FineTuner tuner = FineTuner.of(onH(train), FineTuneConfig.v1(1, BATCH)).trainImages(train);
      var e = assertThrows(IllegalArgumentException.class, () -> tuner.evalBatch(0));
      assertEquals("evalBatch is 0; allowed: at least 1", e.getMessage());
      tuner.headFrom(run.resolve("head.safetensors"));
      e = assertThrows(IllegalArgumentException.class, tuner::run);
      assertEquals(
          "headFrom is set, but initFrom is not; a head needs the encoder it was trained with",
          e.getMessage());
    }
  }

  /** The numbers of the paper and of the reference. */
  @Test
  void protocolsHaveThePublishedLearningRates() {
    assertEquals(1.6, FineTuneConfig.linear(4096).optim().peakLr(4096), 1e-12);
    assertEquals(90, FineTuneConfig.linear(4096).epochs());
    assertEquals(0.8, FineTuneConfig.v1(60, 4096).optim().peakLr(4096), 1e-12);
    assertEquals(0.16, FineTuneConfig.v2(60, 1024).optim().peakLr(1024), 1e-12);
    assertEquals(OptimConfig.Algorithm.LARS, FineTuneConfig.v2(60, 1024).optim().name());
    assertTrue(FineTuneConfig.v1(60, 8).optim().nesterov());
  }
}
