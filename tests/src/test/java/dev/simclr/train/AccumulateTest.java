package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What happens between gradients and update: accumulation and clipping. */
@Timeout(120)
@ExtendWith(LeakCheck.class)
final class AccumulateTest {
  private static final double LR = 0.5;
  private static final int BATCH = 8;
  private static final int BATCHES = 12;

  @TempDir Path directory;
  private final ImageDataset trainImages = TinyRuns.trainImages();

  /** Plain gradient descent, so that an update is the gradient. */
  private static PretrainConfig config(int steps, int accumulate, double warmupSteps) {
    PretrainConfig tiny = TinyRuns.config();
    return tiny.with(
            tiny.train().toBuilder()
                .batch(BATCH)
                .steps(steps)
                .accumulate(accumulate)
                .checkpointEvery(1)
                .build())
        .with(
            OptimConfig.builder()
                .lr(LR)
                .lrScaling(OptimConfig.Scaling.NONE)
                .momentum(0)
                .weightDecay(0)
                .warmupEpochs(warmupSteps / BATCHES)
                .warmup(OptimConfig.Warmup.FROM_ZERO)
                .build());
  }

  private Pretrainer pretrainer(PretrainConfig config, String folder) {
    return Pretrainer.of(config).folder(directory.resolve(folder)).trainImages(trainImages);
  }

  private PretrainResult run(PretrainConfig config, String folder) {
    return pretrainer(config, folder).run();
  }

  /** Weights without the running statistics, which are not learnt. */
  private static Map<String, double[]> weights(PretrainResult result) {
    Map<String, double[]> all = new TreeMap<>();
    try (var _ = TensorScope.open();
        var reader = SafetensorsReader.open(result.encoder())) {
      for (String name : reader.names()) {
        if (name.endsWith(".weight") || name.endsWith(".bias")) {
          all.put(name, reader.tensor(name).toDoubleArray());
        }
      }
    }
    return all;
  }

  private static double distance(Map<String, double[]> one, Map<String, double[]> other) {
    double sum = 0;
    for (String name : one.keySet()) {
      double[] a = one.get(name);
      double[] b = other.get(name);
      for (int i = 0; i < a.length; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
      }
    }
    return Math.sqrt(sum);
  }

  @Test
  void anUpdateIsThatOfTheMeanGradient() {
    Map<String, double[]> accumulated = weights(run(config(1, 2, 0), "both"));
    // The learning rate of the first step of a warm-up from zero is 0: only the batch differs.
    Map<String, double[]> first = weights(run(config(1, 1, 0), "first"));
    Map<String, double[]> second = weights(run(config(2, 1, 1), "second"));
    Map<String, double[]> mean = new TreeMap<>();
    first.forEach((name, a) -> {
      double[] b = second.get(name);
      double[] m = new double[a.length];
      for (int i = 0; i < m.length; i++) {
        m[i] = (a[i] + b[i]) / 2;
      }
      mean.put(name, m);
    });
    double apart = distance(first, second);
    assertTrue(apart > 1e-2, "gradients of the two batches differ by " + apart / LR);
    assertEquals(0, distance(accumulated, mean), 1e-5 * apart);
  }

  @Test
  void stepsAreUpdatesAndAStoppedRunEndsWithTheSameBits() throws IOException {
    PretrainConfig tiny = TinyRuns.config();
    PretrainConfig config =
        tiny.with(tiny.train().toBuilder().batch(BATCH).accumulate(3).chunk(4).epochs(3).build());
    List<Long> steps = new ArrayList<>();
    StopToken token = new StopToken();
    ProgressListener listener =
        new ProgressListener() {
          @Override
          public void stepped(StepProgress progress) {
            steps.add(progress.step());
            if (progress.step() == 5) {
              token.request();
            }
          }
        };
    PretrainResult whole = run(config, "whole");
    assertEquals(3 * BATCHES / 3, whole.steps());
    assertFalse(pretrainer(config, "run").listener(listener).stop(token).run().finished());
    PretrainResult resumed = pretrainer(config, "run").resume().listener(listener).run();
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L, 12L), steps);
    assertArrayEquals(Files.readAllBytes(whole.encoder()), Files.readAllBytes(resumed.encoder()));
  }

  @Test
  void moreThanThereIsIsRefused() {
    var e = assertThrows(DataException.class, () -> run(config(1, BATCHES + 1, 0), "run"));
    assertEquals(
        "train.batch times train.accumulate is 104, more than the number of training images, which"
            + " is 97; the last partial batch is dropped, so none would be left; give a smaller"
            + " train.batch or train.accumulate, or more images",
        e.getMessage());
  }

  @Test
  void longGradientsAreShortened() {
    PretrainConfig config = config(1, 1, 0);
    Map<String, double[]> begin = weights(run(config(1, 1, 1), "begin"));
    double free = distance(begin, weights(run(config, "free")));
    PretrainConfig clipped = config.with(config.optim().toBuilder().clipNorm(0.01).build());
    // The encoder has a part of the norm; its direction does not change.
    double shortened = distance(begin, weights(run(clipped, "clipped")));
    assertTrue(free > 2 * LR * 0.01, "an update of length " + free);
    assertTrue(shortened > 0 && shortened < LR * 0.01, "an update of length " + shortened);
    PretrainConfig loose = config.with(config.optim().toBuilder().clipNorm(1e6).build());
    assertEquals(free, distance(begin, weights(run(loose, "loose"))), 1e-9);
  }
}
