package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.augment.ViewFormat;
import dev.simclr.data.ImageDataset;
import dev.simclr.eval.RankMe;
import dev.simclr.eval.UnitVectors;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.NativeBuffer;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(LeakCheck.class)
final class MetersTest {
  @TempDir Path temp;

  private static PretrainConfig config(EvalConfig.Builder eval) {
    return TinyRuns.config().with(eval.knnK(20).linear(false).build());
  }

  private List<Meters> metersOf(PretrainConfig config) {
    List<Meters> heard = new ArrayList<>();
    Pretrainer.of(config)
        .trainImages(TinyRuns.trainImages())
        .testImages(TinyRuns.testImages())
        .folder(temp.resolve("run"))
        .listener(
            new ProgressListener() {
              @Override
              public void measured(Meters meters) {
                heard.add(meters);
              }
            })
        .run();
    return heard;
  }

  /** Meters of an untrained network. */
  private static Meters untrained(PretrainConfig config) {
    try (var _ = TensorScope.open();
        SimClrModel model = SimClrModel.create(config, Device.CPU)) {
      Backend backend = Backend.prepare(config.train());
      model.train(false);
      ImageDataset images = TinyRuns.trainImages();
      return new MeterPass(config, backend, images).measure(model, 0, 0);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 0 1 2 3 4", "3, 0 3 4", "100, 0 4", "0, ''"})
  void areMeasuredAfterTheseEpochsAndTheLast(int every, String epochs) throws IOException {
    List<Meters> heard = metersOf(config(EvalConfig.builder().metersEvery(every)));
    assertEquals(
        epochs, String.join(" ", heard.stream().map(m -> Integer.toString(m.epoch())).toList()));
    long lines =
        Files.readAllLines(temp.resolve("run/metrics.jsonl")).stream()
            .filter(line -> line.startsWith("{\"type\":\"meters\""))
            .count();
    assertEquals(heard.size(), lines);
  }

  @Test
  void trainingSpreadsAndAligns() {
    List<Meters> heard = metersOf(config(EvalConfig.builder()));
    Meters first = heard.getFirst();
    Meters last = heard.getLast();
    assertTrue(last.uniformity() < first.uniformity(), first + " then " + last);
    assertTrue(last.rankMeZ() > first.rankMeZ(), first + " then " + last);
  }

  @Test
  void doNotDependOnHowTheWorkIsCut() {
    Meters whole = untrained(config(EvalConfig.builder().batch(512)));
    Meters sliced = untrained(config(EvalConfig.builder().batch(7)));
    assertEquals(whole.std(), sliced.std(), 1e-5);
    assertEquals(whole.rankMeZ(), sliced.rankMeZ(), 1e-3);
    assertEquals(whole.rankMeH(), sliced.rankMeH(), 1e-3);
    assertEquals(whole.alignment(), sliced.alignment(), 1e-5);
    assertEquals(whole.uniformity(), sliced.uniformity(), 1e-5);
  }

  private static Meters withoutTime(Meters m) {
    return new Meters(
        m.step(), m.epoch(), m.std(), m.rankMeZ(), m.rankMeH(), m.alignment(), m.uniformity(), 0);
  }

  /** Not even through the blur of the reference, which has one sigma for a whole batch. */
  @ParameterizedTest
  @EnumSource(TrainConfig.Positives.class)
  void doNotDependOnTheBatchesOfTraining(TrainConfig.Positives positives) {
    PretrainConfig config =
        config(EvalConfig.builder().meterImages(90))
            // The smallest blur that does anything is at 20 pixels.
            .with(DataConfig.builder().imageSize(24).build())
            .with(
                AugmentSettings.builder()
                    .semantics(AugmentSettings.Semantics.GOOGLE)
                    .blur(1)
                    .build());
    TrainConfig.Builder train = config.train().toBuilder().positives(positives);
    Meters expected = withoutTime(untrained(config.with(train.build())));
    for (TrainConfig other :
        List.of(
            train.batch(48).chunk(12).build(),
            train.batch(32).chunk(0).accumulate(3).build(),
            train.batch(97).accumulate(1).batching(TrainConfig.Batching.CONTINUOUS).build())) {
      assertEquals(expected, withoutTime(untrained(config.with(other))), other.toString());
    }
  }

  /** Against views that are made in one batch: of all images where there are not enough. */
  @ParameterizedTest
  @CsvSource({"2, 2", "63, 63", "64, 64", "90, 90", "97, 97", "12800, 97"})
  void areOfAsManyImagesAsThereAre(int wanted, int count) {
    PretrainConfig config = config(EvalConfig.builder().meterImages(wanted));
    Meters meters = untrained(config);
    TrainConfig whole = config.train().toBuilder().batch(count).build();
    try (ImageDataset images = TinyRuns.trainImages();
        var _ = TensorScope.open();
        var _ = GradMode.noGrad();
        SimClrModel model = SimClrModel.create(config, Device.CPU)) {
      model.train(false);
      ViewFormat format = Augmentation.format(config);
      NativeBuffer pixels = NativeBuffer.allocate(2L * count * format.bytes());
      var samplers = Augmentation.samplers(config);
      new ViewFiller(images, whole, samplers, Augmentation.augmenter(config))
          .fill(0, 0, count, pixels.segment());
      Tensor h =
          model.encode(
              Tensor.wrapChannelsLast(
                  pixels, 0, DType.FLOAT32, 2L * count, 3, TinyRuns.SIZE, TinyRuns.SIZE));
      Tensor z = model.head().forward(h);
      Tensor first = z.narrow(0, 0, count);
      assertEquals(UnitVectors.std(z), meters.std(), 1e-5);
      assertEquals(RankMe.of(z), meters.rankMeZ(), 1e-3);
      assertEquals(RankMe.of(h), meters.rankMeH(), 1e-3);
      assertEquals(
          UnitVectors.alignment(first, z.narrow(0, count, count)), meters.alignment(), 1e-5);
      assertEquals(UnitVectors.uniformity(first), meters.uniformity(), 1e-5);
      pixels.close();
    }
  }

  @Test
  void identicalViewsAreAligned() {
    PretrainConfig config = config(EvalConfig.builder());
    TrainConfig.Builder train = config.train().toBuilder();
    double different = untrained(config).alignment();
    double identical =
        untrained(config.with(train.positives(TrainConfig.Positives.IDENTICAL).build()))
            .alignment();
    assertEquals(0, identical, 1e-9);
    assertTrue(different > 1e-4, "alignment " + different);
  }
}
