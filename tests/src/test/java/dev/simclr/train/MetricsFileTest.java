package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.simclr.io.CannotWriteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetricsFileTest {
  @TempDir Path directory;

  private static StepProgress progress(long step) {
    return new StepProgress(
        step, 100, 2, 5, false, 4.5, 0.25, 1.5, 0.125, 1000, 0.5, Duration.ZERO);
  }

  private static Evaluation evaluation(long step, double knn) {
    return new Evaluation(
        step,
        (int) (step / 10),
        OptionalDouble.of(knn),
        OptionalDouble.empty(),
        OptionalDouble.of(knn / 2),
        OptionalDouble.empty(),
        2);
  }

  @Test
  void linesAreAsDocumented() throws IOException {
    Path file = directory.resolve("metrics.jsonl");
    try (var metrics = MetricsFile.open(file, -1)) {
      metrics.appendRawPixels(0.25);
      metrics.append(evaluation(0, 0.375));
      metrics.append(progress(10));
    }
    assertEquals(
        List.of(
            "{\"type\":\"raw_pixels\",\"step\":0,\"knn\":0.25}",
            "{\"type\":\"eval\",\"step\":0,\"epoch\":0,\"knn\":0.375,"
                + "\"probe_h\":0.1875,\"seconds\":2.0}",
            "{\"type\":\"train\",\"step\":10,\"epoch\":2,\"loss\":4.5,"
                + "\"contrastive_accuracy\":0.25,\"contrastive_entropy\":1.5,\"lr\":0.125,"
                + "\"images_per_second\":1000.0,\"data_wait\":0.5}"),
        Files.readAllLines(file));
  }

  @Test
  void resumeDropsLaterAndHalfWrittenLines() throws IOException {
    Path file = directory.resolve("metrics.jsonl");
    try (var metrics = MetricsFile.open(file, -1)) {
      metrics.appendRawPixels(0.25);
      metrics.append(evaluation(0, 0.3));
      for (long step = 5; step <= 30; step += 5) {
        metrics.append(progress(step));
        if (step % 10 == 0) {
          metrics.append(evaluation(step, step / 100.0));
        }
      }
    }
    Files.writeString(
        file, "{\"type\":\"train\",\"step\":1", java.nio.file.StandardOpenOption.APPEND);
    List<String> before = Files.readAllLines(file);
    try (var metrics = MetricsFile.open(file, 20)) {
      assertEquals(OptionalDouble.of(0.25), metrics.rawPixels());
      assertEquals(
          List.of(evaluation(0, 0.3), evaluation(10, 0.1), evaluation(20, 0.2)),
          metrics.evaluations());
      assertEquals(2, metrics.secondsOfPause(20));
      assertEquals(0, metrics.secondsOfPause(15));
      metrics.append(progress(25));
    }
    List<String> after = Files.readAllLines(file);
    assertEquals(before.subList(0, 8), after.subList(0, 8));
    assertEquals(9, after.size(), after.toString());
    assertEquals(before.get(8), after.get(8));
  }

  @Test
  void withoutACheckpointAllLinesGo() throws IOException {
    Path file = directory.resolve("metrics.jsonl");
    try (var metrics = MetricsFile.open(file, -1)) {
      metrics.append(evaluation(0, 0.3));
    }
    MetricsFile.open(file, -1).close();
    assertEquals(0, Files.size(file));
  }

  @Test
  void aLineThatIsNotOursIsRefused() throws IOException {
    Path file = directory.resolve("metrics.jsonl");
    Files.writeString(file, "step 5 loss 3\n");
    var e = assertThrows(IllegalArgumentException.class, () -> MetricsFile.open(file, 10));
    assertEquals(file + " has a line that is not JSON: step 5 loss 3", e.getMessage());
    assertEquals("step 5 loss 3\n", Files.readString(file));
  }

  @Test
  void aMissingDirectoryIsReported() {
    Path file = directory.resolve("none").resolve("metrics.jsonl");
    assertThrows(CannotWriteException.class, () -> MetricsFile.open(file, 10));
  }
}
