package dev.simclr.train;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.compute.ViewSource;
import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.MemoryDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.loss.SupCon;
import dev.simclr.random.SampleOrder;
import dev.simclr.torch.Device;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SupCon with classes as labels, in a run. */
@Timeout(120)
@ExtendWith(LeakCheck.class)
final class ClassLabelsTest {
  private static final double LR = 0.5;

  @TempDir Path directory;
  private final ImageDataset images = TinyRuns.trainImages();

  private static PretrainConfig labelled(PretrainConfig config) {
    return config.with(
        LossConfig.builder()
            .objective(LossConfig.Objective.SUP_CON)
            .labels(LossConfig.Labels.CLASS)
            .temperature(0.2)
            .build());
  }

  /** One step of plain gradient descent, without batch norm: chunks do not change what it gives. */
  private static PretrainConfig oneStep(int views, int chunk, int accumulate) {
    PretrainConfig tiny = labelled(TinyRuns.config());
    return tiny.with(tiny.augment().toBuilder().views(views).build())
        .with(tiny.head().toBuilder().layers(0).build())
        .with(tiny.train().toBuilder().steps(1).chunk(chunk).accumulate(accumulate).build())
        .with(
            OptimConfig.builder()
                .lr(LR)
                .lrScaling(OptimConfig.Scaling.NONE)
                .momentum(0)
                .weightDecay(0)
                .warmupEpochs(0)
                .build());
  }

  /** The labels of a batch of the first step, from the order alone. */
  private Tensor labels(PretrainConfig config, int number) {
    TrainConfig train = config.train();
    SampleOrder order = SampleOrder.of(train.seed(), images.size());
    long[] labels =
        IntStream.range(0, config.augment().views() * train.batch())
            .map(row -> number * train.batch() + row % train.batch())
            .map(place -> order.inBatch(0, place, train.imagesPerStep()))
            .mapToLong(images::label)
            .toArray();
    return Tensor.of(labels, labels.length);
  }

  @ParameterizedTest
  @CsvSource({"2, 0, 1", "3, 0, 2", "2, 4, 1", "3, 4, 2"})
  void aStepIsThatOfSupCon(int views, int chunk, int accumulate) {
    PretrainConfig config = oneStep(views, chunk, accumulate);
    List<StepProgress> steps = new ArrayList<>();
    PretrainResult result =
        Pretrainer.of(config)
            .encoder(UserEncoderTest.DIM, UserEncoderTest.RowMeans::new)
            .trainImages(images)
            .folder(directory.resolve("run"))
            .listener(
                new ProgressListener() {
                  @Override
                  public void stepped(StepProgress progress) {
                    steps.add(progress);
                  }
                })
            .run();

    Optional<UserEncoder> encoder =
        Optional.of(new UserEncoder(UserEncoderTest.DIM, UserEncoderTest.RowMeans::new));
    SupCon supCon = new SupCon(config.loss().temperature());
    try (var _ = TensorScope.open();
        SimClrModel model = SimClrModel.create(config, encoder, Device.CPU);
        ViewSource source =
            TrainingViews.open(config, images, Backend.prepare(config.train()), 0, accumulate)) {
      double loss = 0;
      for (int number = 0; number < accumulate; number++) {
        try (ViewSource.Views batch = source.next()) {
          Tensor z = model.project(model.encode(batch.tensor()));
          Tensor value = supCon.forward(z, labels(config, number)).loss().div(accumulate);
          value.backward();
          loss += value.item();
        }
      }
      assertEquals(1, steps.size());
      assertEquals(loss, steps.getFirst().loss(), 1e-5);
      Tensor weight = model.parameters().getFirst().tensor();
      double[] expected = weight.detach().add(weight.grad().orElseThrow().mul(-LR)).toDoubleArray();
      double[] before = weight.toDoubleArray();
      double moved = 0;
      for (int i = 0; i < before.length; i++) {
        moved = Math.max(moved, Math.abs(expected[i] - before[i]));
      }
      assertTrue(moved > 1e-3, "the step moves weights by " + moved);
      try (SafetensorsReader reader = SafetensorsReader.open(result.encoder())) {
        assertClose(expected, reader.tensor("mixing").toDoubleArray(), 1e-3 * moved, 0, "weights");
      }
    }
  }

  private String refusal(Class<? extends RuntimeException> type, Pretrainer pretrainer) {
    Path folder = directory.resolve("refused");
    String message = assertThrows(type, pretrainer.folder(folder)::run).getMessage();
    assertFalse(Files.exists(folder), "nothing is left");
    return message;
  }

  @Test
  void labelsAreNeeded() {
    var unlabelled = MemoryDataset.builder(List.of("any"));
    for (int i = 0; i < TinyRuns.BATCH; i++) {
      int label = i == 3 ? ImageDataset.UNLABELLED : 0;
      unlabelled.add("image-" + i, label, RgbImage.of(1, 1, new byte[3]));
    }
    PretrainConfig config = labelled(TinyRuns.config());
    String message = "loss.labels is class, and not all of the 16 training images have a label";
    ImageDataset some = unlabelled.build();
    assertEquals(message, refusal(DataException.class, Pretrainer.of(config).trainImages(some)));
    assertEquals(
        message,
        assertThrows(
                DataException.class,
                () -> new TrainingSteps(config, some, TrainingSteps.Part.MODEL))
            .getMessage());
  }

  @Test
  void otherObjectivesHaveNoClasses() {
    var builder = LossConfig.builder().labels(LossConfig.Labels.CLASS);
    assertEquals(
        "loss.labels is class; allowed: image with loss.objective nt-xent, class with sup-con",
        assertThrows(IllegalArgumentException.class, builder::build).getMessage());
    PretrainConfig tiny = labelled(TinyRuns.config());
    PretrainConfig shuffled =
        tiny.with(tiny.train().toBuilder().positives(TrainConfig.Positives.SHUFFLED).build());
    assertEquals(
        "train.positives is shuffled; allowed: augmented or identical with loss.labels class, which"
            + " pairs by class",
        refusal(IllegalArgumentException.class, Pretrainer.of(shuffled).trainImages(images)));
  }
}
