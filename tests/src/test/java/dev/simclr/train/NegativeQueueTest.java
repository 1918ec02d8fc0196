package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.checkpoint.SafetensorsWriter;
import dev.simclr.data.ImageDataset;
import dev.simclr.loss.NtXent;
import dev.simclr.loss.NtXentQueue;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Projections of earlier batches as further negatives: {@code loss.queue}. */
@Timeout(240)
@ExtendWith(LeakCheck.class)
final class NegativeQueueTest {
  private static final int D = 3;
  private static final long STEPS = 2L * TinyRuns.STEPS_PER_EPOCH;

  @TempDir Path directory;

  private static PretrainConfig config(int queue, int batch) {
    PretrainConfig tiny = TinyRuns.config();
    return tiny.with(tiny.train().toBuilder().epochs(2).batch(batch).build())
        .with(LossConfig.builder().queue(queue).build())
        .with(tiny.eval().toBuilder().knn(false).build());
  }

  private static NegativeQueue queue(int size, int batch) {
    return new NegativeQueue(config(size, batch), D, Device.CPU);
  }

  /** Rows that are all of one number each. */
  private static Tensor rows(float... numbers) {
    float[] values = new float[numbers.length * D];
    for (int i = 0; i < values.length; i++) {
      values[i] = numbers[i / D];
    }
    return Tensor.of(values, numbers.length, D);
  }

  private static List<Float> numbers(NegativeQueue queue) {
    try (var _ = TensorScope.open()) {
      float[] values = queue.rows(DType.FLOAT32).toFloatArray();
      List<Float> numbers = new ArrayList<>();
      for (int i = 0; i < values.length; i += D) {
        numbers.add(values[i]);
        assertEquals(values[i], values[i + D - 1]);
      }
      return numbers;
    }
  }

  @Test
  void theNewestRowsTakeThePlaceOfTheOldest() {
    try (var _ = TensorScope.open();
        NegativeQueue queue = queue(6, 2)) {
      assertEquals(List.of(), numbers(queue));
      queue.add(rows(1, 2, 3, 4));
      assertEquals(List.of(1f, 2f, 3f, 4f), numbers(queue));
      queue.add(rows(5, 6, 7, 8));
      assertEquals(List.of(7f, 8f, 3f, 4f, 5f, 6f), numbers(queue));
      queue.add(rows(9, 10, 11, 12));
      assertEquals(List.of(7f, 8f, 9f, 10f, 11f, 12f), numbers(queue));
    }
  }

  @Test
  void ofABatchThatDoesNotFitTheLastRowsStay() {
    try (var _ = TensorScope.open();
        NegativeQueue queue = queue(3, 2)) {
      queue.add(rows(1, 2, 3, 4));
      assertEquals(List.of(4f, 2f, 3f), numbers(queue));
      queue.add(rows(5, 6, 7, 8));
      assertEquals(List.of(7f, 8f, 6f), numbers(queue));
    }
  }

  @Test
  void aSavedQueueGoesOnAtItsPlace() {
    Path file = directory.resolve("queue.safetensors");
    try (var _ = TensorScope.open();
        NegativeQueue queue = queue(6, 2);
        NegativeQueue other = queue(6, 2)) {
      queue.add(rows(1, 2, 3, 4));
      SafetensorsWriter.write(file, queue.state(), Map.of());
      other.restore(file, 1);
      assertEquals(numbers(queue), numbers(other));
      queue.add(rows(5, 6, 7, 8));
      other.add(rows(5, 6, 7, 8));
      assertEquals(numbers(queue), numbers(other));
    }
  }

  /** The gradient is that of the rows that were there before the batch itself came in. */
  @Test
  void aBatchIsComparedWithThoseBeforeIt() {
    PretrainConfig config = config(8, 2);
    try (var _ = TensorScope.open();
        NegativeQueue queue = new NegativeQueue(config, D, Device.CPU)) {
      Tensor first = Tensor.of(new float[] {1, 0, 2, 0, 1, 1, 1, 1, 2, 0, 3, 1}, 4, D);
      Tensor second = Tensor.of(new float[] {0, 1, 2, 3, 1, 1, 0, 2, 2, 1, 3, 0}, 4, D);
      Criterion criterion =
          Criterion.of(config, TinyRuns.images(4, 1), Optional.of(queue)).apply(0);
      assertEquals(
          new NtXent(0.5).forward(first).loss().item(), criterion.of(first).loss().item(), 1e-6);
      criterion.computed(first);
      double expected = new NtXentQueue(0.5).forward(second, first).loss().item();
      assertEquals(expected, criterion.of(second).loss().item());
      assertNotEquals(new NtXent(0.5).forward(second).loss().item(), expected, 1e-3);
    }
  }

  private List<Double> run(PretrainConfig config, String folder, StopToken stop, long stopAt) {
    return run(config, folder, stop, stopAt, RunFolder.Mode.NEW);
  }

  private List<Double> run(
      PretrainConfig config, String folder, StopToken stop, long stopAt, RunFolder.Mode mode) {
    List<Double> losses = new ArrayList<>();
    try (var _ = TensorScope.open()) {
      ImageDataset images = TinyRuns.trainImages();
      Pretrainer.of(config)
          .folder(directory.resolve(folder))
          .mode(mode)
          .trainImages(images)
          .stop(stop)
          .listener(
              new ProgressListener() {
                @Override
                public void stepped(StepProgress progress) {
                  losses.add(progress.loss());
                  if (progress.step() >= stopAt) {
                    stop.request();
                  }
                }
              })
          .run();
    }
    return losses;
  }

  private byte[] encoder(String folder) throws IOException {
    return Files.readAllBytes(directory.resolve(folder).resolve("model.safetensors"));
  }

  /**
   * Stopped within an epoch: after a queue that is not full, or one that is, and has begun anew.
   */
  @ParameterizedTest
  @CsvSource({"40, 0, 1, 1", "40, 0, 1, 7", "40, 4, 1, 7", "1000, 0, 1, 7", "40, 0, 2, 3"})
  void aResumedRunIsTheUninterruptedOne(int size, int chunk, int accumulate, long stopAt)
      throws IOException {
    PretrainConfig config = config(size, TinyRuns.BATCH);
    config = config.with(config.train().toBuilder().chunk(chunk).accumulate(accumulate).build());
    List<Double> whole = run(config, "whole", new StopToken(), Long.MAX_VALUE);
    assertEquals(STEPS / accumulate, whole.size());
    List<Double> parts = new ArrayList<>(run(config, "parts", new StopToken(), stopAt));
    assertEquals(stopAt, parts.size());
    parts.addAll(run(config, "parts", new StopToken(), Long.MAX_VALUE, RunFolder.Mode.RESUME));
    assertEquals(whole, parts);
    assertEquals(
        TinyRuns.metrics(directory.resolve("whole")), TinyRuns.metrics(directory.resolve("parts")));
    assertArrayEquals(encoder("whole"), encoder("parts"));

    // The queue matters from the second batch on.
    PretrainConfig none = config.with(LossConfig.builder().build());
    List<Double> without = run(none, "without", new StopToken(), Long.MAX_VALUE);
    if (accumulate == 1) {
      assertEquals(without.getFirst(), whole.getFirst(), 1e-5);
    }
    assertNotEquals(without.get(1), whole.get(1), 0.05);
    assertFalse(Arrays.equals(encoder("whole"), encoder("without")));
  }

  @Test
  void theCheckpointHoldsTheRows() {
    run(config(40, TinyRuns.BATCH), "run", new StopToken(), 1);
    Path file = directory.resolve("run/checkpoints/step-000001/queue.safetensors");
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertEquals(List.of("rows"), List.copyOf(reader.names()));
      assertEquals(List.of(40L, 16L), reader.info("rows").shape());
    }
    run(config(0, TinyRuns.BATCH), "none", new StopToken(), 1);
    assertTrue(Files.exists(directory.resolve("none/checkpoints/step-000001")));
    assertFalse(Files.exists(directory.resolve("none/checkpoints/step-000001/queue.safetensors")));
  }

  @Test
  void aQueueWorksInBfloat16() {
    PretrainConfig exact = config(40, TinyRuns.BATCH);
    PretrainConfig rounded =
        exact.with(exact.train().toBuilder().precision(TrainConfig.Precision.BF16).build());
    List<Double> expected = run(exact, "exact", new StopToken(), Long.MAX_VALUE);
    List<Double> losses = run(rounded, "rounded", new StopToken(), Long.MAX_VALUE);
    assertEquals(STEPS, losses.size());
    assertEquals(expected.get(2), losses.get(2), 0.2);
  }

  @Test
  void itBelongsToNtXentOfTwoViews() {
    var builder = LossConfig.builder().queue(8);
    assertEquals(
        "loss.queue is 8; allowed: 0 with loss.objective dcl, more with nt-xent",
        assertThrows(
                IllegalArgumentException.class,
                () -> builder.objective(LossConfig.Objective.DCL).build())
            .getMessage());
    builder.objective(LossConfig.Objective.NT_XENT);
    assertEquals(
        "loss.queue is 8; allowed: 0 with loss.l2_norm false",
        assertThrows(IllegalArgumentException.class, () -> builder.l2Norm(false).build())
            .getMessage());
    assertEquals(
        "loss.queue is -1; allowed: 0 to 1048576",
        assertThrows(IllegalArgumentException.class, () -> LossConfig.builder().queue(-1).build())
            .getMessage());
    PretrainConfig three =
        config(8, TinyRuns.BATCH).with(AugmentSettings.builder().views(3).build());
    assertEquals(
        "augment.views is 3; allowed: 2 with loss.queue 8",
        assertThrows(IllegalArgumentException.class, () -> Criterion.require(three)).getMessage());
  }
}
