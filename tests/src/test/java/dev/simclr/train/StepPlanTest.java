package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.data.ImageDataset;
import dev.simclr.random.SampleOrder;
import dev.simclr.torch.LeakCheck;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(LeakCheck.class)
final class StepPlanTest {
  @TempDir Path directory;

  private static PretrainConfig config(TrainConfig.Builder train, double warmupEpochs) {
    return PretrainConfig.defaults()
        .with(
            OptimConfig.builder()
                .lr(1)
                .lrBaseBatch(256)
                .warmupEpochs(warmupEpochs)
                .warmup(OptimConfig.Warmup.FROM_ZERO)
                .build())
        .with(train.build());
  }

  /**
   * The reference's README and its ImageNet settings: total and warm-up steps as it computes them.
   */
  @ParameterizedTest
  @CsvSource({"50000, 512, 1000, 97657, 976, 2.0", "1281167, 4096, 100, 31279, 3127, 16.0"})
  void continuousBatchesHaveTheStepsOfTheReference(
      int images, int batch, int epochs, long steps, long warmupSteps, double peak) {
    var train =
        TrainConfig.builder().epochs(epochs).batch(batch).batching(TrainConfig.Batching.CONTINUOUS);
    StepPlan plan = StepPlan.of(config(train, 10), images);
    assertEquals(steps, plan.steps());
    assertEquals(warmupSteps, plan.schedule().warmupSteps());
    assertEquals(peak, plan.schedule().peak());
    assertEquals(0, plan.schedule().at(0));
    assertEquals(peak, plan.schedule().at(warmupSteps));
    assertEquals(epochs, plan.epochs());
    assertEquals(epochs, plan.epochOf(steps));
  }

  /** Against the samples of all epochs in one row, cut into batches. */
  @ParameterizedTest
  @CsvSource({"10, 4", "12, 4", "7, 7", "9, 2"})
  void continuousBatchesAreCutsOfTheEpochsInARow(int images, int batch) {
    int epochs = 5;
    List<long[]> row = new ArrayList<>();
    for (long epoch = 0; epoch < epochs + 2; epoch++) {
      for (int position = 0; position < images; position++) {
        row.add(new long[] {epoch, position});
      }
    }
    Batches batches = new Batches(images, batch, true);
    long steps = batches.steps(epochs);
    assertEquals((long) Math.floor((double) images * epochs / batch) + 1, steps);
    for (int step = 0; step < steps; step++) {
      boolean ends = false;
      for (int place = 0; place < batch; place++) {
        long[] expected = row.get(step * batch + place);
        assertEquals(expected[0], batches.epoch(step, place));
        assertEquals(expected[1], batches.position(step, place));
        ends |= expected[1] == images - 1;
      }
      assertEquals(ends, batches.endsEpoch(step + 1), "step " + step);
      long over =
          row.subList(0, (step + 1) * batch).stream().filter(s -> s[1] == images - 1).count();
      assertEquals(over, batches.finishedEpochs(step + 1));
    }
  }

  /** As {@link SampleOrder} has it. */
  @Test
  void batchesOfAnEpochLeaveTheRestOut() {
    SampleOrder order = SampleOrder.of(3, 10);
    Batches batches = new Batches(10, 4, false);
    assertEquals(6, batches.steps(3));
    assertEquals(2, batches.stepsPerEpoch());
    assertEquals(3, batches.warmupSteps(1.5));
    for (int step = 0; step < 6; step++) {
      assertEquals(step % 2 == 1, batches.endsEpoch(step + 1));
      for (int place = 0; place < 4; place++) {
        assertEquals(order.epochOf(step, 4), batches.epoch(step, place));
        assertEquals(
            order.inBatch(step, place, 4),
            order.at(batches.epoch(step, place), batches.position(step, place)));
      }
    }
  }

  @Test
  void stepsCountInsteadOfEpochs() {
    StepPlan plan = StepPlan.of(config(TrainConfig.builder().steps(500).batch(100), 3), 1000);
    assertEquals(500, plan.steps());
    assertEquals(30, plan.schedule().warmupSteps());
    assertEquals(50, plan.epochs());
    assertEquals(50, plan.epochOf(491));
    StepPlan part = StepPlan.of(config(TrainConfig.builder().steps(15).batch(100), 1), 1000);
    assertEquals(2, part.epochs());
    assertTrue(part.pausesAfter(10) && part.pausesAfter(15) && !part.pausesAfter(5));
    PretrainConfig tooShort = config(TrainConfig.builder().steps(29).batch(100), 3);
    var e = assertThrows(IllegalArgumentException.class, () -> StepPlan.of(tooShort, 1000));
    assertEquals(
        "optim.warmup_epochs is 3.0, 30 steps; allowed: at most the steps of the run, which has 29",
        e.getMessage());
  }

  /** 40 images in batches of 16: epochs end with steps 3, 5 and 8 of 8. */
  @Test
  void aRunOfContinuousBatchesPausesWhereEpochsEnd() {
    PretrainConfig tiny = TinyRuns.config();
    PretrainConfig config =
        tiny.with(
            tiny.train().toBuilder().epochs(3).batching(TrainConfig.Batching.CONTINUOUS).build());
    List<String> events = new ArrayList<>();
    ProgressListener listener =
        new ProgressListener() {
          @Override
          public void stepped(StepProgress p) {
            events.add("step " + p.step() + " of " + p.totalSteps() + " in epoch " + p.epoch());
          }

          @Override
          public void saved(Path checkpoint, long step) {
            events.add("saved");
          }
        };
    try (ImageDataset images = TinyRuns.images(40, 5)) {
      PretrainResult result =
          Pretrainer.of(config)
              .folder(directory.resolve("continuous"))
              .trainImages(images)
              .listener(listener)
              .run();
      assertEquals(3, result.summary().orElseThrow().epochs());
      assertEquals(
          List.of(
              "step 1 of 8 in epoch 1",
              "step 2 of 8 in epoch 1",
              "step 3 of 8 in epoch 1",
              "saved",
              "step 4 of 8 in epoch 2",
              "step 5 of 8 in epoch 2",
              "saved",
              "step 6 of 8 in epoch 3",
              "step 7 of 8 in epoch 3",
              "step 8 of 8 in epoch 3",
              "saved"),
          events);
      events.clear();
      PretrainConfig short4 = config.with(config.train().toBuilder().steps(4).build());
      result =
          Pretrainer.of(short4)
              .folder(directory.resolve("steps"))
              .trainImages(images)
              .listener(listener)
              .run();
      assertEquals(4, result.steps());
      assertEquals(1, result.summary().orElseThrow().epochs());
      assertEquals(List.of("step 4 of 4 in epoch 2", "saved"), events.subList(4, 6));
    }
  }
}
