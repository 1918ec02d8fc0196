package dev.simclr.train;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.data.ImageDataset;
import dev.simclr.loss.NtXent;
import dev.simclr.torch.DType;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training with each loss, with more views and in chunks. */
@Timeout(240)
final class ObjectivesTest {
  private static final long STEPS = 2L * TinyRuns.STEPS_PER_EPOCH;

  @TempDir Path directory;
  private final ImageDataset images = TinyRuns.trainImages();

  private static PretrainConfig config(LossConfig.Objective objective, int views) {
    PretrainConfig tiny = TinyRuns.config();
    return tiny.with(tiny.train().toBuilder().epochs(2).build())
        .with(tiny.loss().toBuilder().objective(objective).build())
        .with(tiny.augment().toBuilder().views(views).build())
        .with(tiny.eval().toBuilder().knn(false).build());
  }

  private static PretrainConfig chunked(TrainConfig.ChunkBn bn) {
    PretrainConfig config = config(LossConfig.Objective.NT_XENT, 2);
    return config.with(config.train().toBuilder().chunk(4).chunkBn(bn).build());
  }

  /** What each step reported. */
  private List<StepProgress> run(PretrainConfig config, String folder) {
    List<StepProgress> steps = new ArrayList<>();
    pretrainer(config, folder, steps, new StopToken(), Long.MAX_VALUE).run();
    return steps;
  }

  private Pretrainer pretrainer(
      PretrainConfig config,
      String folder,
      List<StepProgress> steps,
      StopToken token,
      long stopAt) {
    return Pretrainer.of(config)
        .folder(directory.resolve(folder))
        .trainImages(images)
        .stop(token)
        .listener(
            new ProgressListener() {
              @Override
              public void stepped(StepProgress progress) {
                steps.add(progress);
                if (progress.step() >= stopAt) {
                  token.request();
                }
              }
            });
  }

  @Test
  void everyLossTrains() throws IOException {
    Map<LossConfig.Objective, StepProgress> first = new EnumMap<>(LossConfig.Objective.class);
    List<byte[]> encoders = new ArrayList<>();
    for (var objective : LossConfig.Objective.values()) {
      List<StepProgress> steps = run(config(objective, 2), objective.toString());
      assertEquals(STEPS, steps.size());
      steps.forEach(step -> assertTrue(Double.isFinite(step.loss())));
      first.put(objective, steps.getFirst());
      byte[] encoder = encoder(objective.toString());
      if (objective != LossConfig.Objective.SUP_CON) { // of two views, it is NT-Xent
        encoders.forEach(o -> assertFalse(Arrays.equals(o, encoder), objective.toString()));
        encoders.add(encoder);
      }
    }
    // The first step of all has the same projections.
    double ntXent = first.get(LossConfig.Objective.NT_XENT).loss();
    assertEquals(2 * ntXent, first.get(LossConfig.Objective.NT_XENT_SUM).loss(), 1e-6);
    assertEquals(ntXent, first.get(LossConfig.Objective.SUP_CON).loss(), 1e-5);
    assertTrue(first.get(LossConfig.Objective.DCL).loss() < ntXent);
    assertTrue(
        first.get(LossConfig.Objective.DHEL).loss() < first.get(LossConfig.Objective.DCL).loss());
    assertNotEquals(
        first.get(LossConfig.Objective.DCL).loss(), first.get(LossConfig.Objective.DCLW).loss());
    assertNotEquals(ntXent, first.get(LossConfig.Objective.HCL).loss());
    first.forEach((objective, step) -> {
      StepProgress reference = first.get(LossConfig.Objective.NT_XENT);
      assertEquals(
          reference.contrastiveAccuracy(), step.contrastiveAccuracy(), 1e-6, objective.toString());
      assertEquals(
          reference.contrastiveEntropy(), step.contrastiveEntropy(), 1e-4, objective.toString());
    });
  }

  @Test
  void threeViewsTrainWithTheImageAsLabel() {
    List<StepProgress> steps = run(config(LossConfig.Objective.NT_XENT, 3), "three");
    assertEquals(STEPS, steps.size());
    steps.forEach(step -> assertTrue(Double.isFinite(step.loss())));
    List<StepProgress> named = run(config(LossConfig.Objective.SUP_CON, 3), "named");
    assertEquals(steps.getLast().loss(), named.getLast().loss());
  }

  /** Equation 2 of arXiv 2004.11362 and its gradient in loops; accuracy of views 1 and 2 alone. */
  @ParameterizedTest
  @CsvSource({"FLOAT64, 3", "FLOAT32, 3", "FLOAT64, 4", "FLOAT32, 4"})
  void theLossOfManyViewsIsThatOfTheEquation(DType dtype, int views) {
    int n = TinyRuns.BATCH;
    int m = views * n;
    int dim = 5;
    double[][] rows = new double[m][dim];
    double[] lengths = new double[m];
    double[] flat = new double[m * dim];
    for (int i = 0; i < m; i++) {
      for (int k = 0; k < dim; k++) {
        // Views of an image resemble each other.
        double own = 0.4 * Math.sin(12.9898 * (dim * i + k + 1));
        flat[dim * i + k] = (float) (Math.sin(7.3 * (i % n) + 2.1 * k) + own);
        rows[i][k] = flat[dim * i + k];
      }
      lengths[i] = Math.sqrt(dot(rows[i], rows[i]));
      for (int k = 0; k < dim; k++) {
        rows[i][k] /= lengths[i];
      }
    }
    PretrainConfig config = config(LossConfig.Objective.SUP_CON, views);
    double t = config.loss().temperature();
    double loss = 0;
    int right = 0;
    double[][] slopes = new double[m][dim];
    for (int i = 0; i < m; i++) {
      double sum = 0;
      double positives = 0;
      boolean first = true;
      for (int j = 0; j < m; j++) {
        double s = j == i ? 0 : dot(rows[i], rows[j]) / t;
        sum += j == i ? 0 : Math.exp(s);
        positives += j % n == i % n ? s : 0;
        boolean rival = i < n && j >= n && j < 2 * n && j != n + i;
        first &= !rival || s < dot(rows[i], rows[n + i]) / t;
      }
      loss += (Math.log(sum) - positives / (views - 1)) / m;
      right += i < n && first ? 1 : 0;
      for (int j = 0; j < m; j++) {
        double share = j % n == i % n ? 1.0 / (views - 1) : 0;
        double slope = j == i ? 0 : (Math.exp(dot(rows[i], rows[j]) / t) / sum - share) / (m * t);
        for (int k = 0; k < dim; k++) {
          slopes[i][k] += slope * rows[j][k];
          slopes[j][k] += slope * rows[i][k];
        }
      }
    }
    double[] gradient = new double[m * dim];
    double largest = 0;
    for (int i = 0; i < m; i++) {
      double along = dot(slopes[i], rows[i]);
      for (int k = 0; k < dim; k++) {
        gradient[dim * i + k] = (slopes[i][k] - along * rows[i][k]) / lengths[i];
        largest = Math.max(largest, Math.abs(gradient[dim * i + k]));
      }
    }
    boolean exact = dtype == DType.FLOAT64;
    try (var _ = TensorScope.open()) {
      Tensor z = Tensor.of(flat, m, dim).to(dtype).requiresGrad(true);
      NtXent.Result result =
          Criterion.of(config, TinyRuns.images(4, 1), Optional.empty()).apply(0).of(z);
      assertEquals(loss, result.loss().item(), exact ? 1e-12 : 1e-5);
      assertEquals((double) right / n, result.accuracy().item(), exact ? 1e-12 : 1e-7);
      assertTrue(right > 0 && right < n, "accuracy " + right);
      result.loss().backward();
      assertClose(
          gradient,
          z.grad().orElseThrow().toDoubleArray(),
          largest * (exact ? 1e-11 : 1e-5),
          0,
          "gradient");
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }

  @Test
  void lossesOfPairsRefuseMoreViews() {
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> run(config(LossConfig.Objective.DCL, 3), "refused"));
    assertEquals(
        "augment.views is 3; allowed: 2 with loss.objective dcl, which compares pairs",
        e.getMessage());
  }

  @Test
  void theL2NormCanBeLeftOut() {
    PretrainConfig cosine = config(LossConfig.Objective.NT_XENT, 2);
    PretrainConfig product =
        cosine.with(cosine.loss().toBuilder().l2Norm(false).temperature(10).build());
    List<StepProgress> steps = run(product, "product");
    assertEquals(STEPS, steps.size());
    assertNotEquals(run(cosine, "cosine").getFirst().loss(), steps.getFirst().loss());
    var builder = LossConfig.builder().objective(LossConfig.Objective.DHEL).l2Norm(false);
    assertEquals(
        "loss.l2_norm is false; allowed: true with loss.objective dhel, whose rows have it",
        assertThrows(IllegalArgumentException.class, builder::build).getMessage());
    PretrainConfig three =
        config(LossConfig.Objective.NT_XENT, 3).with(LossConfig.builder().l2Norm(false).build());
    assertEquals(
        "augment.views is 3; allowed: 2 with loss.l2_norm false",
        assertThrows(IllegalArgumentException.class, () -> run(three, "three")).getMessage());
  }

  @Test
  void chunksTrainAndResumeBitForBit() throws IOException {
    List<StepProgress> direct = run(config(LossConfig.Objective.NT_XENT, 2), "direct");
    for (var bn : TrainConfig.ChunkBn.values()) {
      PretrainConfig config = chunked(bn);
      List<StepProgress> whole = run(config, bn + "-whole");
      assertEquals(STEPS, whole.size());
      // Other statistics, so another loss, but not by much.
      assertNotEquals(direct.getFirst().loss(), whole.getFirst().loss());
      assertEquals(direct.getFirst().loss(), whole.getFirst().loss(), 1.0);

      List<StepProgress> parts = new ArrayList<>();
      String folder = bn + "-parts";
      pretrainer(config, folder, parts, new StopToken(), STEPS / 2 + 1).run();
      assertEquals(STEPS / 2 + 1, parts.size());
      pretrainer(config, folder, parts, new StopToken(), Long.MAX_VALUE).resume().run();
      for (int i = 0; i < STEPS; i++) {
        StepProgress one = whole.get(i);
        StepProgress other = parts.get(i);
        String step = "step " + (i + 1);
        assertEquals(one.loss(), other.loss(), step);
        assertEquals(one.contrastiveAccuracy(), other.contrastiveAccuracy(), step);
        assertEquals(one.contrastiveEntropy(), other.contrastiveEntropy(), step);
      }
      List<String> metrics = TinyRuns.metrics(directory.resolve(bn + "-whole"));
      assertTrue(metrics.size() >= STEPS, metrics.size() + " lines");
      assertEquals(metrics, TinyRuns.metrics(directory.resolve(folder)));
      assertArrayEquals(encoder(bn + "-whole"), encoder(folder));
    }
  }

  @Test
  void chunksWorkInBfloat16() {
    PretrainConfig config = chunked(TrainConfig.ChunkBn.SHUFFLED);
    PretrainConfig bf16 =
        config.with(config.train().toBuilder().precision(TrainConfig.Precision.BF16).build());
    List<StepProgress> exact = run(config, "float32");
    List<StepProgress> rounded = run(bf16, "bf16");
    assertEquals(STEPS, rounded.size());
    assertNotEquals(exact.getFirst().loss(), rounded.getFirst().loss());
    assertEquals(exact.getFirst().loss(), rounded.getFirst().loss(), 0.1);
  }

  private byte[] encoder(String folder) throws IOException {
    return Files.readAllBytes(directory.resolve(folder).resolve("model.safetensors"));
  }
}
