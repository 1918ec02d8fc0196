package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.data.ImageDataset;
import dev.simclr.torch.Device;
import dev.simclr.torch.LeakCheck;
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
