package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.augment.AugmentConfig;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.Augmenter;
import dev.simclr.augment.ViewFormat;
import dev.simclr.compute.ViewLoader;
import dev.simclr.compute.ViewSource;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.MemoryDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.random.SampleOrder;
import dev.simclr.torch.Device;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches that run on across the edge of an epoch have the images that come next. */
@Timeout(120)
@ExtendWith(LeakCheck.class)
final class ContinuousBatchesTest {
  private static final int IMAGES = 40;
  private static final int BATCH = 16;
  private static final int EPOCHS = 3;
  private static final int STEPS = 8;

  @TempDir Path directory;

  private static PretrainConfig config(int accumulate) {
    PretrainConfig tiny = TinyRuns.config();
    return tiny.with(
        tiny.train().toBuilder()
            .batch(BATCH / accumulate)
            .accumulate(accumulate)
            .epochs(EPOCHS)
            .batching(TrainConfig.Batching.CONTINUOUS)
            .build());
  }

  /** The images of one epoch after another, {@code {image, epoch}} of each. */
  private static List<int[]> samples(PretrainConfig config) {
    SampleOrder order = SampleOrder.of(config.train().seed(), IMAGES);
    List<int[]> row = new ArrayList<>();
    for (int epoch = 0; epoch <= EPOCHS; epoch++) {
      for (int position = 0; position < IMAGES; position++) {
        row.add(new int[] {order.at(epoch, position), epoch});
      }
    }
    return row;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void rowsHaveTheImagesOfTheEpochsInARow(int accumulate) {
    PretrainConfig config = config(accumulate);
    List<int[]> expected = samples(config);
    // The first step after which an epoch begins has images of both, in two orders.
    assertFalse(
        IntStream.range(0, IMAGES)
            .allMatch(i -> expected.get(i)[0] == expected.get(IMAGES + i)[0]));
    StepImages order = new StepImages(config.train(), IMAGES);
    int batch = config.train().batch();
    for (int number = 0; number < STEPS * accumulate; number++) {
      for (int row = 0; row < 2 * batch; row++) {
        int[] sample = expected.get(number * batch + row % batch);
        assertEquals(sample[0], order.image(number, row), number + ", row " + row);
        assertEquals(sample[1], order.epoch(number, row), number + ", row " + row);
      }
    }
  }

  /** Every image has a grey of its own, by which its views tell it. */
  private static ImageDataset greys() {
    var builder = MemoryDataset.builder(List.of("any"));
    for (int i = 0; i < IMAGES; i++) {
      byte[] pixels = new byte[TinyRuns.SIZE * TinyRuns.SIZE * 3];
      Arrays.fill(pixels, (byte) (5 * i));
      builder.add("image-" + i, 0, RgbImage.of(TinyRuns.SIZE, TinyRuns.SIZE, pixels));
    }
    return builder.build();
  }

  /** From the first step, and from one in the middle, as a resumed run begins. */
  @ParameterizedTest
  @ValueSource(ints = {0, 2, 4})
  void viewsAreThoseOfTheImages(int first) {
    PretrainConfig config = config(1);
    ViewFormat format = Augmentation.format(config, false);
    List<AugmentSampler> samplers =
        List.of(
            new AugmentSampler(AugmentConfig.NONE, format.size()),
            new AugmentSampler(AugmentConfig.NONE, format.size()));
    List<int[]> expected = samples(config);
    try (ImageDataset images = greys();
        ViewLoader loader =
            new ViewLoader(
                () -> new ViewFiller(images, config.train(), samplers, new Augmenter(format)),
                BATCH,
                2,
                format,
                first,
                STEPS,
                2,
                Device.CPU)) {
      for (int step = first; step < STEPS; step++) {
        try (var _ = TensorScope.open();
            ViewSource.Views views = loader.next()) {
          double[] greys = views.tensor().mean(false, 1, 2, 3).toDoubleArray();
          assertEquals(2 * BATCH, greys.length);
          for (int row = 0; row < greys.length; row++) {
            int image = expected.get(step * BATCH + row % BATCH)[0];
            assertEquals(image, greys[row] * 255 / 5, 1e-3, "step " + step + ", row " + row);
          }
        }
      }
    }
  }

  private Pretrainer pretrainer(
      String folder, ImageDataset images, List<Double> losses, StopToken token, int stopAt) {
    return Pretrainer.of(config(1))
        .folder(directory.resolve(folder))
        .trainImages(images)
        .stop(token)
        .listener(
            new ProgressListener() {
              @Override
              public void stepped(StepProgress progress) {
                losses.add(progress.loss());
                if (progress.step() == stopAt) {
                  token.request();
                }
              }
            });
  }

  /** Stopped with a part of an epoch's last batch in the next one. */
  @Test
  void aResumedRunGoesOnWithTheNextImages() throws IOException {
    List<Double> whole = new ArrayList<>();
    List<Double> parts = new ArrayList<>();
    try (ImageDataset images = TinyRuns.images(IMAGES, 5)) {
      PretrainResult direct = pretrainer("whole", images, whole, new StopToken(), STEPS + 1).run();
      assertFalse(pretrainer("parts", images, parts, new StopToken(), 3).run().finished());
      assertEquals(3, parts.size());
      PretrainResult resumed =
          pretrainer("parts", images, parts, new StopToken(), STEPS + 1).resume().run();
      assertEquals(STEPS, resumed.steps());
      assertEquals(whole, parts);
      assertTrue(whole.stream().distinct().count() > STEPS / 2, "losses " + whole);
      assertArrayEquals(
          Files.readAllBytes(direct.encoder()), Files.readAllBytes(resumed.encoder()));
    }
  }
}
