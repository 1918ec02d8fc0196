package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.data.ImageDataset;
import dev.simclr.data.MemoryDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.torch.Device;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Classifiers that learn beside the encoder. */
@Timeout(120)
@ExtendWith(LeakCheck.class)
final class OnlineProbeTest {
  private static final int CLASSES = 4;

  @TempDir Path directory;
  private final ImageDataset trainImages = TinyRuns.trainImages();
  private final ImageDataset testImages = TinyRuns.testImages();

  private static PretrainConfig config(boolean probe, int chunk) {
    PretrainConfig tiny = TinyRuns.config();
    return tiny.with(tiny.eval().toBuilder().probe(probe).build())
        .with(tiny.train().toBuilder().chunk(chunk).build());
  }

  private Pretrainer pretrainer(PretrainConfig config, String folder) {
    return Pretrainer.of(config)
        .folder(directory.resolve(folder))
        .trainImages(trainImages)
        .testImages(testImages);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 8})
  void noBitOfTheEncoderDependsOnIt(int chunk) throws IOException {
    List<Evaluation> evaluations = new ArrayList<>();
    Path with = pretrainer(config(true, chunk), "with").listener(into(evaluations)).run().folder();
    Path without = pretrainer(config(false, chunk), "without").run().folder();
    for (String file : List.of("model.safetensors", "head.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(without.resolve(file)), Files.readAllBytes(with.resolve(file)), file);
    }
    assertTrue(evaluations.getFirst().probeH().isEmpty(), "before it has learnt");
    for (Evaluation e : evaluations.subList(1, evaluations.size())) {
      assertTrue(e.probeH().isPresent() && e.probeZ().isPresent(), e.toString());
    }
  }

  /** Labels of other rows would teach nothing. */
  @ParameterizedTest
  @ValueSource(ints = {0, 8})
  void learnsTheLabelsOfTheImagesOfABatch(int chunk) {
    ImageDataset plain = plainImages();
    PretrainConfig base = config(true, chunk);
    PretrainConfig config =
        base.with(base.train().toBuilder().epochs(24).build())
            .with(
                AugmentSettings.builder()
                    .view(
                        1, ViewSettings.builder().pipeline(ViewSettings.Pipeline.IDENTITY).build())
                    .view(
                        2, ViewSettings.builder().pipeline(ViewSettings.Pipeline.IDENTITY).build())
                    .build());
    Evaluation last =
        Pretrainer.of(config)
            .folder(directory.resolve("plain"))
            .trainImages(plain)
            .testImages(plain)
            .run()
            .summary()
            .flatMap(RunSummary::last)
            .orElseThrow();
    assertTrue(last.probeH().orElseThrow() > 0.7, last.toString());
    assertTrue(last.probeZ().orElseThrow() > 0.7, last.toString());
  }

  /** Images of one colour each, which is their class. */
  private static ImageDataset plainImages() {
    var builder = MemoryDataset.builder(List.of("black", "red", "green", "blue"));
    for (int i = 0; i < TinyRuns.BATCH * TinyRuns.STEPS_PER_EPOCH; i++) {
      byte[] pixels = new byte[TinyRuns.SIZE * TinyRuns.SIZE * 3];
      int label = i % CLASSES;
      for (int p = label - 1; p < pixels.length && label > 0; p += 3) {
        pixels[p] = (byte) (200 + i % 50);
      }
      builder.add("image-" + i, label, RgbImage.of(TinyRuns.SIZE, TinyRuns.SIZE, pixels));
    }
    return builder.build();
  }

  @Test
  void learnsEachClassifierFromItsOwnFeatures() {
    PretrainConfig config = config(true, 0);
    try (var _ = TensorScope.open();
        SimClrModel model = SimClrModel.create(config, Device.CPU);
        OnlineProbe probe = new OnlineProbe(model, trainImages, config, Device.CPU)) {
      StepImages order = new StepImages(config.train(), trainImages.size());
      Random random = new Random(1);
      int rows = 2 * TinyRuns.BATCH;
      for (long step = 0; step < 100; step++) {
        long current = step;
        int[] labels =
            IntStream.range(0, rows)
                .map(row -> trainImages.label(order.image(current, row)))
                .toArray();
        Tensor h = ofClass(labels, model.featureDim(), random);
        Tensor z = noise(rows, model.head().outDim(), random);
        // In two parts, of which each row is in one.
        for (int first : new int[] {0, rows / 2}) {
          long[] part = LongStream.range(first, first + rows / 2).toArray();
          probe.add(h.narrow(0, first, part.length), z.narrow(0, first, part.length), step, part);
        }
        probe.update();
      }
      int[] labels = IntStream.range(0, 400).map(i -> i % CLASSES).toArray();
      OnlineProbe.Accuracy accuracy =
          probe.test(
              ofClass(labels, model.featureDim(), random),
              noise(labels.length, model.head().outDim(), random),
              labels);
      assertEquals(1, accuracy.h(), "classes can be told apart by h");
      assertEquals(1.0 / CLASSES, accuracy.z(), 0.1, "and not by z");
    }
  }

  /** Features whose i-th number is large where the class is i. */
  private static Tensor ofClass(int[] labels, int dim, Random random) {
    float[] values = new float[labels.length * dim];
    for (int row = 0; row < labels.length; row++) {
      for (int i = 0; i < dim; i++) {
        values[row * dim + i] = random.nextFloat() + (i == labels[row] ? 4 : 0);
      }
    }
    return Tensor.of(values, labels.length, dim);
  }

  private static Tensor noise(int rows, int dim, Random random) {
    float[] values = new float[rows * dim];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, rows, dim);
  }

  @Test
  void aRunWithoutCanGoOnWithIt() {
    StopToken token = new StopToken();
    PretrainResult stopped =
        pretrainer(config(false, 0), "run").listener(stopAfterAnEpoch(token)).stop(token).run();
    assertFalse(stopped.finished());
    List<Evaluation> evaluations = new ArrayList<>();
    pretrainer(config(true, 0), "run").listener(into(evaluations)).resume().run();
    Evaluation first = evaluations.getFirst();
    assertEquals(TinyRuns.STEPS_PER_EPOCH, first.step());
    assertTrue(first.knn().isPresent(), first.toString());
    assertTrue(first.probeH().isEmpty() && first.probeZ().isEmpty(), first.toString());
    assertEquals(4, evaluations.size());
    for (Evaluation e : evaluations.subList(1, 4)) {
      assertTrue(e.probeH().isPresent() && e.probeZ().isPresent(), e.toString());
    }
  }

  /** What was learnt before a stop is tested at once. */
  @Test
  void aResumedProbeHasLearnt() {
    StopToken token = new StopToken();
    assertFalse(
        pretrainer(config(true, 0), "run")
            .listener(stopAfterAnEpoch(token))
            .stop(token)
            .run()
            .finished());
    List<Evaluation> evaluations = new ArrayList<>();
    pretrainer(config(true, 0), "run").listener(into(evaluations)).resume().run();
    Evaluation first = evaluations.getFirst();
    assertEquals(TinyRuns.STEPS_PER_EPOCH, first.step());
    assertTrue(first.probeH().isPresent() && first.probeZ().isPresent(), first.toString());
  }

  /** It is in the checkpoint all the same. */
  @Test
  void aProbeThatWasSavedBeforeTheFirstStepHasNot() {
    StopToken token = new StopToken();
    token.request();
    assertEquals(0, pretrainer(config(true, 0), "run").stop(token).run().steps());
    List<Evaluation> evaluations = new ArrayList<>();
    pretrainer(config(true, 0), "run").listener(into(evaluations)).resume().run();
    Evaluation first = evaluations.getFirst();
    assertEquals(0, first.step());
    assertTrue(first.probeH().isEmpty() && first.probeZ().isEmpty(), first.toString());
  }

  private static ProgressListener stopAfterAnEpoch(StopToken token) {
    return new ProgressListener() {
      @Override
      public void stepped(StepProgress progress) {
        if (progress.step() == TinyRuns.STEPS_PER_EPOCH) {
          token.request();
        }
      }
    };
  }

  private static ProgressListener into(List<Evaluation> evaluations) {
    return new ProgressListener() {
      @Override
      public void evaluated(Evaluation e) {
        evaluations.add(e);
      }
    };
  }
}
