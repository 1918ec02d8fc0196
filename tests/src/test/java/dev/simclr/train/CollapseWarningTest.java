package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.data.ImageDataset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a run logs when its loss does not fall, whatever the scale of the loss is. */
@Timeout(120)
final class CollapseWarningTest {
  @TempDir Path directory;
  private int runs;

  /** Returns the warnings that a run has logged of its loss. */
  private List<String> warnings(PretrainConfig config) {
    List<String> heard = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            if (entry.getLevel() == Level.WARNING) {
              heard.add(entry.getMessage());
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger(Pretrainer.class.getName());
    logger.addHandler(handler);
    try (ImageDataset images = TinyRuns.trainImages()) {
      Pretrainer.of(config).folder(directory.resolve("run-" + runs++)).trainImages(images).run();
    } finally {
      logger.removeHandler(handler);
    }
    return heard.stream().filter(text -> text.startsWith("the loss does not fall")).toList();
  }

  private static PretrainConfig config(LossConfig.Objective objective, double lr) {
    PretrainConfig config = TinyRuns.config();
    return config
        .with(LossConfig.builder().objective(objective).build())
        .with(config.optim().toBuilder().lr(lr).warmupEpochs(0).build())
        .with(config.eval().toBuilder().knn(false).metersEvery(0).build());
  }

  /** Pairs at random, weights that stay: no projections tell such pairs from others. */
  @ParameterizedTest
  @CsvSource({
    "NT_XENT, 0, 1",
    "NT_XENT_SUM, 0, 1",
    "NT_XENT_SUM, 8, 1",
    "NT_XENT_SUM, 0, 2",
    "NT_XENT_SUM, 8, 2"
  })
  void aLossAtChanceIsReported(LossConfig.Objective objective, int chunk, int accumulate) {
    PretrainConfig config = config(objective, 0);
    List<String> found =
        warnings(
            config.with(
                config.train().toBuilder()
                    .positives(TrainConfig.Positives.SHUFFLED)
                    .chunk(chunk)
                    .accumulate(accumulate)
                    .build()));
    assertEquals(1, found.size());
    // Chunks add the noise of their statistics, of which one loss of an epoch may be below chance.
    String epoch = chunk == 0 ? "1" : "[1-3]";
    assertTrue(
        found.getFirst().matches(".* in epoch " + epoch + " it stayed at .*"), found.getFirst());
    // Per anchor, of batches of 16 however many are accumulated.
    assertTrue(found.getFirst().contains("have 3.4340,"), found.getFirst());
  }

  @Test
  void aLossThatFallsIsNot() {
    for (LossConfig.Objective objective :
        List.of(LossConfig.Objective.NT_XENT, LossConfig.Objective.NT_XENT_SUM)) {
      assertEquals(List.of(), warnings(config(objective, 0.06)), objective.toString());
    }
  }
}
