package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.simclr.augment.AugmentSampler;
import dev.simclr.compute.ViewLoader;
import dev.simclr.compute.ViewSource;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.MemoryDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.testing.TinyFolder;
import dev.simclr.torch.Cuda;
import dev.simclr.torch.Device;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Where the views of training are made. */
@Timeout(120)
@ExtendWith(LeakCheck.class)
final class TrainingViewsTest {
  private static final String REFUSED = "augment.device is cuda, and ";

  @TempDir Path directory;

  private static PretrainConfig onGpu(TrainConfig.DeviceChoice device) {
    PretrainConfig tiny = TinyRuns.config();
    return tiny.with(tiny.augment().toBuilder().device(AugmentSettings.ViewDevice.CUDA).build())
        .with(tiny.train().toBuilder().device(device).build());
  }

  @Test
  void aGpuThatDoesNotTrainMakesNoViews() {
    Path run = directory.resolve("run");
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                Pretrainer.of(onGpu(TrainConfig.DeviceChoice.CPU))
                    .folder(run)
                    .trainImages(TinyRuns.trainImages())
                    .run());
    assertEquals(REFUSED + "training is on cpu; allowed here: cpu", e.getMessage());
    assertFalse(Files.exists(run));
  }

  @Test
  void aPlanSaysIt() {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> RunPlan.of(onGpu(TrainConfig.DeviceChoice.CPU)));
    assertEquals(REFUSED + "training is on cpu; allowed here: cpu", e.getMessage());
  }

  @Test
  void nothingIsPackedBefore() throws IOException {
    PretrainConfig config = onGpu(TrainConfig.DeviceChoice.CPU).with(folder().build());
    Path run = directory.resolve("run");
    var e =
        assertThrows(IllegalArgumentException.class, () -> Pretrainer.of(config).folder(run).run());
    assertTrue(e.getMessage().startsWith(REFUSED + "training is on cpu"), e.getMessage());
    assertFalse(Files.exists(directory.resolve("cache")));
    assertFalse(Files.exists(run));
  }

  @Test
  void imagesThatWouldBePackedAsJpegAreRefused() throws IOException {
    PretrainConfig config =
        onGpu(TrainConfig.DeviceChoice.AUTO).with(folder().pack(DataConfig.Pack.JPEG).build());
    var e = assertThrows(IllegalArgumentException.class, () -> RunPlan.of(config));
    assertEquals(
        REFUSED
            + "the images are packed as JPEG; data.pack=pixels decodes them before; allowed here:"
            + " cpu",
        e.getMessage());
    PretrainConfig processor = config.with(AugmentSettings.defaults());
    assertEquals(20, RunPlan.of(processor).data().train(), "on the processor they are not");
  }

  private DataConfig.Builder folder() throws IOException {
    return TinyRuns.config().data().toBuilder()
        .source(DataConfig.Source.FOLDER)
        .root(TinyFolder.write(directory.resolve("images"), 20, 8))
        .cache(directory.resolve("cache"));
  }

  @Test
  void onlyPixelsOfOneSizeCanBeThere() {
    assertEquals(
        3L * TinyRuns.SIZE * TinyRuns.SIZE * 9,
        TrainingViews.requirePixelsOfOneSize(TinyRuns.images(9, 1)));
    var mixed = MemoryDataset.builder(List.of("any"));
    mixed.add("small", 0, RgbImage.of(2, 3, new byte[18]));
    mixed.add("large", 0, RgbImage.of(4, 3, new byte[36]));
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> TrainingViews.requireImages(onGpu(TrainConfig.DeviceChoice.CUDA), mixed.build()));
    assertTrue(
        e.getMessage().matches(REFUSED + "images have several sizes: small is .*, large .*"),
        e.getMessage());
    assertDoesNotThrow(() -> TrainingViews.requireImages(TinyRuns.config(), mixed.build()));
  }

  @Test
  @Tag("gpu")
  void imagesOfSeveralSizesLeaveNoFolder() {
    assumeTrue(Cuda.isLoaded() && Cuda.isAvailable(), "needs a GPU");
    var mixed = MemoryDataset.builder(List.of("any"));
    for (int i = 0; i < TinyRuns.BATCH; i++) {
      mixed.add("image-" + i, 0, RgbImage.of(2 + i, 3, new byte[(2 + i) * 9]));
    }
    Path run = directory.resolve("run");
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Pretrainer.of(onGpu(TrainConfig.DeviceChoice.CUDA))
                .folder(run)
                .trainImages(mixed.build())
                .run());
    assertFalse(Files.exists(run));
  }

  @Test
  @Tag("gpu")
  void viewsOfTheGpuAreThoseOfTheProcessor() {
    assumeTrue(Cuda.isLoaded() && Cuda.isAvailable(), "needs a GPU");
    PretrainConfig config = onGpu(TrainConfig.DeviceChoice.CUDA);
    ImageDataset images = TinyRuns.trainImages();
    List<AugmentSampler> samplers = Augmentation.samplers(config);
    long batches = 3;
    try (var _ = TensorScope.open()) {
      Backend backend = Backend.prepare(config.train());
      try (ViewSource gpu = TrainingViews.open(config, images, backend, 1, batches);
          ViewLoader cpu =
              new ViewLoader(
                  () ->
                      new ViewFiller(
                          images, config.train(), samplers, Augmentation.augmenter(config, false)),
                  config.train().batch(),
                  samplers.size(),
                  Augmentation.format(config),
                  1,
                  batches,
                  1,
                  Device.CPU)) {
        for (long batch = 1; batch < batches; batch++) {
          try (ViewSource.Views expected = cpu.next();
              ViewSource.Views actual = gpu.next()) {
            Tensor here = actual.tensor().to(Device.CPU);
            assertEquals(0, here.sub(expected.tensor()).abs().max().item(), 1e-5, "batch " + batch);
          }
        }
      }
    }
  }

  @Test
  @Tag("gpu")
  void aRunOnViewsOfTheGpuFinishes() {
    assumeTrue(Cuda.isLoaded() && Cuda.isAvailable(), "needs a GPU");
    PretrainResult result =
        Pretrainer.of(onGpu(TrainConfig.DeviceChoice.CUDA))
            .folder(directory.resolve("run"))
            .trainImages(TinyRuns.trainImages())
            .testImages(TinyRuns.testImages())
            .run();
    assertTrue(result.finished());
  }
}
