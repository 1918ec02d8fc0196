package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.simclr.data.ImageDataset;
import dev.simclr.data.JpegDecoders;
import dev.simclr.data.Progress;
import dev.simclr.data.Split;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Views of training from packs that hold JPEG files. */
class JpegViewsTest {
  private static final int SIZE = 16;
  private static final int BATCH = 4;
  private static final int STEPS = 9;

  @TempDir private Path dir;

  /** Smooth pictures of several sizes, none so large that a pack of pixels would shrink it. */
  @BeforeEach
  void writeImages() throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < 3 * BATCH; i++) {
      int width = 40 + random.nextInt(60);
      int height = 4 * SIZE - random.nextInt(20);
      BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
      int colour = random.nextInt(1 << 24);
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          image.setRGB(x, y, (colour + (x * 4 << 16) + (y * 3 << 8) + (x + y)) & 0xFFFFFF);
        }
      }
      ImageIO.write(image, "jpg", dir.resolve(i + ".jpg").toFile());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"AUGMENTED", "SHUFFLED"})
  void viewsOfFilesAreThoseOfPixels(TrainConfig.Positives positives) {
    float[] pixels = views(data(DataConfig.Pack.PIXELS, false), positives);
    float[] files = views(data(DataConfig.Pack.JPEG, false), positives);
    assertEquals(pixels.length, files.length);
    for (int i = 0; i < pixels.length; i++) {
      assertEquals(pixels[i], files[i], "value " + i);
    }
  }

  @Test
  void scaledViewsAreAlmostThose() {
    assumeTrue(JpegDecoders.canReduce(), "this build has no libsimclr_jpeg.so");
    float[] full = views(data(DataConfig.Pack.JPEG, false), TrainConfig.Positives.AUGMENTED);
    float[] scaled = views(data(DataConfig.Pack.JPEG, true), TrainConfig.Positives.AUGMENTED);
    double difference = 0;
    int changed = 0;
    for (int i = 0; i < full.length; i++) {
      difference += Math.abs(full[i] - scaled[i]) / full.length;
      changed += full[i] == scaled[i] ? 0 : 1;
    }
    assertTrue(changed > full.length / 10, changed + " of " + full.length + " values differ");
    assertTrue(difference < 0.02, "mean difference " + difference);
  }

  @Test
  void aGpuMakesNoViewsOfFiles() {
    DataConfig data = data(DataConfig.Pack.JPEG, false);
    try (ImageDataset files = RunData.open(data, Split.TRAIN, Progress.NONE)) {
      var e =
          assertThrows(
              IllegalArgumentException.class, () -> TrainingViews.requirePixelsOfOneSize(files));
      assertEquals(
          "augment.device is cuda, and the images are packed as JPEG; data.pack=pixels decodes"
              + " them before; allowed here: cpu",
          e.getMessage());
    }
  }

  @Test
  void scalingNeedsFilesAndTheLibrary() {
    assertEquals(
        "data.dct_scaling is true; allowed with data.pack jpeg, which is pixels",
        assertThrows(
                IllegalArgumentException.class, () -> DataConfig.builder().dctScaling(true).build())
            .getMessage());
    if (!JpegDecoders.canReduce()) {
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> RunData.open(data(DataConfig.Pack.JPEG, true), Progress.NONE));
      assertTrue(e.getMessage().startsWith("data.dct_scaling is true; allowed with"));
    }
  }

  private DataConfig data(DataConfig.Pack pack, boolean dctScaling) {
    return DataConfig.builder()
        .source(DataConfig.Source.FOLDER)
        .root(dir)
        .cache(dir.resolve("cache"))
        .imageSize(SIZE)
        .pack(pack)
        .dctScaling(dctScaling)
        .build();
  }

  private static float[] views(DataConfig data, TrainConfig.Positives positives) {
    PretrainConfig config =
        PretrainConfig.defaults()
            .with(data)
            .with(TrainConfig.builder().batch(BATCH).positives(positives).build());
    var samplers = Augmentation.samplers(config);
    var augmenter = Augmentation.augmenter(config);
    float[] all = new float[STEPS * 2 * BATCH * 3 * SIZE * SIZE];
    try (ImageDataset images = RunData.open(data, Split.TRAIN, Progress.NONE)) {
      ViewFiller filler = new ViewFiller(images, config.train(), samplers, augmenter);
      MemorySegment memory = MemorySegment.ofArray(all);
      long bytes = memory.byteSize() / STEPS;
      for (int step = 0; step < STEPS; step++) {
        filler.fill(step, 0, BATCH, memory.asSlice(step * bytes, bytes));
      }
      return memory.toArray(ValueLayout.JAVA_FLOAT);
    }
  }
}
