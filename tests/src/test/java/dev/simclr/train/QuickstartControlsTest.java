package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.OperatingSystemMXBean;
import dev.simclr.cli.ShippedRecipes;
import dev.simclr.compute.Features;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.Progress;
import dev.simclr.eval.KnnClassifier;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The recipe {@code quickstart} as it is shipped, in float32, and the experiments that show what
 * its result comes from. All accuracies are of kNN on the embedded data set's test images.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(LeakCheck.class)
@Timeout(1800)
final class QuickstartControlsTest {
  private static final double CHANCE = 0.10;
  private static final int PERMUTATIONS = 40;

  @TempDir static Path directory;

  private PretrainConfig config;
  private RunData data;
  private PretrainResult result;
  private RunSummary summary;
  private double processorSeconds;

  @BeforeAll
  void runTheRecipe() {
    config =
        ShippedRecipes.resolve(
            "quickstart",
            "train.precision=float32",
            "train.device=cpu",
            "data.cache=" + directory.resolve("cache"));
    double before = processorSeconds();
    result = Pretrainer.of(config).folder(directory.resolve("real")).run();
    processorSeconds = processorSeconds() - before;
    summary = result.summary().orElseThrow();
    data = RunData.open(config.data(), Progress.NONE);
  }

  @AfterAll
  void closeTheData() {
    data.close();
  }

  private static double processorSeconds() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime()
        * 1e-9;
  }

  private static double trained(RunSummary run) {
    return run.last().orElseThrow().knn().orElseThrow();
  }

  private static double untrained(RunSummary run) {
    return run.untrained().orElseThrow().knn().orElseThrow();
  }

  private static double gain(RunSummary run) {
    return trained(run) - untrained(run);
  }

  @Test
  void theTrainedEncoderBeatsTheUntrainedOneAndRawPixels() {
    assertEquals("float32", summary.precision());
    double rawPixels = summary.rawPixels().orElseThrow();
    String all =
        "trained " + trained(summary) + ", untrained " + untrained(summary) + ", raw " + rawPixels;
    assertTrue(trained(summary) >= untrained(summary) + 0.15, all);
    assertTrue(trained(summary) >= rawPixels + 0.15, all);
    assertTrue(rawPixels < 0.30, "raw pixels are a poor feature: " + all);
  }

  /** Processor time, drawing and evaluations included, does not depend on what else runs. */
  @Test
  void oneProcessorWouldBeDoneInThreeMinutes() {
    assertTrue(processorSeconds < 180, processorSeconds + " s of processor time");
  }

  /**
   * Images of one cluster get the same wrong label together, so one permutation alone scatters by
   * several points around chance: what counts is the mean of many.
   */
  @Test
  void permutedLabelsAreAtChance() {
    try (var _ = TensorScope.open();
        SimClrModel model = model()) {
      model.initFrom(result.folder());
      ImageDataset test = data.test().orElseThrow();
      Tensor bank = features(model, data.train());
      Tensor queries = features(model, test);
      int[] labels = labels(data.train());
      double real = knn().accuracy(bank, labels, queries, labels(test));
      assertEquals(trained(summary), real, 0.002, "with the labels as they are");
      Random random = new Random(5);
      double sum = 0;
      for (int i = 0; i < PERMUTATIONS; i++) {
        shuffle(labels, random);
        sum += knn().accuracy(bank, labels, queries, labels(test));
      }
      assertEquals(CHANCE, sum / PERMUTATIONS, 0.03, "with permuted labels");
    }
  }

  @Test
  void identicalViewsTeachLittle() {
    assertGainsLessThanHalf(control("identical", TrainConfig.Positives.IDENTICAL));
  }

  @Test
  void randomPairsTeachLittle() {
    assertGainsLessThanHalf(control("shuffled", TrainConfig.Positives.SHUFFLED));
  }

  /** Better than without labels, and by no means perfect. */
  @Test
  void labelsTeachMoreAndDoNotSaturate() {
    try (var _ = TensorScope.open();
        SimClrModel model = model()) {
      SupervisedRun.train(config, backend(), model, data.train());
      ImageDataset test = data.test().orElseThrow();
      double supervised =
          knn()
              .accuracy(
                  features(model, data.train()),
                  labels(data.train()),
                  features(model, test),
                  labels(test));
      assertTrue(
          supervised > trained(summary) && supervised < 0.97,
          "supervised " + supervised + ", without labels " + trained(summary));
    }
  }

  private RunSummary control(String name, TrainConfig.Positives positives) {
    PretrainConfig control =
        config
            .with(config.train().toBuilder().positives(positives).evalEvery(0).build())
            .with(config.eval().toBuilder().linear(false).rawPixels(false).build());
    return Pretrainer.of(control)
        .folder(directory.resolve(name))
        .trainImages(data.train())
        .testImages(data.test().orElseThrow())
        .run()
        .summary()
        .orElseThrow();
  }

  private void assertGainsLessThanHalf(RunSummary control) {
    assertEquals(untrained(summary), untrained(control), "both start from the same weights");
    assertTrue(
        gain(control) < gain(summary) / 2,
        "gain of the control " + gain(control) + ", of the real run " + gain(summary));
  }

  private SimClrModel model() {
    SimClrModel model = SimClrModel.create(config, backend().device());
    model.train(false);
    return model;
  }

  private Backend backend() {
    return Backend.prepare(config.train());
  }

  private KnnClassifier knn() {
    return new KnnClassifier(config.eval().knnK(), config.eval().knnT());
  }

  private Tensor features(SimClrModel model, ImageDataset images) {
    Backend backend = backend();
    return new Features(
            Augmentation.format(config),
            config.eval().batch(),
            backend.device(),
            backend.loaderThreads())
        .all(images, model.featureDim(), model.encoder()::forward);
  }

  private static int[] labels(ImageDataset images) {
    return IntStream.range(0, images.size()).map(images::label).toArray();
  }

  private static void shuffle(int[] values, Random random) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }
}
