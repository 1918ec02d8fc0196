package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.cli.ShippedRecipes;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.MemoryDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The networks of the recipes in the jar, at full size. */
@Timeout(300)
@ExtendWith(LeakCheck.class)
final class RecipeModelsTest {
  private static final long TRAINED = 30_000_000;

  static final List<String> RECIPES = ShippedRecipes.names();

  @TempDir Path directory;

  private static ImageDataset twoImages(int size) {
    var builder = MemoryDataset.builder(List.of("noise"));
    for (int i = 0; i < 2; i++) {
      byte[] pixels = new byte[size * size * 3];
      new Random(i).nextBytes(pixels);
      builder.add("image-" + i, 0, RgbImage.of(size, size, pixels));
    }
    return builder.build();
  }

  @ParameterizedTest
  @FieldSource("RECIPES")
  void takesAStepOnTwoImages(String recipe) {
    PretrainConfig config =
        ShippedRecipes.resolve(
            recipe,
            "train.batch=2",
            "train.steps=1",
            "train.precision=float32",
            "train.device=cpu",
            "train.memory_check=warn",
            "optim.warmup_epochs=0",
            "eval.meters_every=0");
    EncoderConfig encoder = EncoderConfig.of(config);
    long parameters =
        encoder.count().trainable()
            + config.head().architecture(encoder, encoder.featureDim()).count().trainable();
    if (parameters >= TRAINED) {
      hasItsShapes(config);
      return;
    }
    try (ImageDataset images = twoImages(config.data().imageSize())) {
      PretrainResult result =
          Pretrainer.of(config).folder(directory.resolve("run")).trainImages(images).run();
      assertEquals(1, result.steps());
      try (var _ = TensorScope.open();
          var untrained = encoder.network(config.train().seed());
          SafetensorsReader trained = SafetensorsReader.open(result.encoder())) {
        Map<String, Tensor> before = untrained.namedParameters();
        for (String name : List.of("conv1.weight", "layer4.1.conv1.weight", "layer4.1.bn2.bias")) {
          double[] values = trained.tensor(name).toDoubleArray();
          assertTrue(DoubleStream.of(values).allMatch(Double::isFinite), name);
          assertArrayEquals(before.get(name).shape(), trained.tensor(name).shape());
        }
        // The last batch norm of the network has a gradient whatever the scales before it are.
        String last = encoder.model().encoder().depth() >= 50 ? "layer4.2.bn3" : "layer4.1.bn2";
        assertFalse(
            Arrays.equals(
                before.get(last + ".bias").toDoubleArray(),
                trained.tensor(last + ".bias").toDoubleArray()));
      }
    }
  }

  private static void hasItsShapes(PretrainConfig config) {
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad();
        SimClrModel model = SimClrModel.create(config, Device.CPU)) {
      model.train(false);
      Tensor view = Tensor.zeros(DType.FLOAT32, 2, 3, 64, 64);
      Tensor h = model.encode(view);
      assertArrayEquals(new long[] {2, EncoderConfig.of(config).featureDim()}, h.shape());
      assertArrayEquals(new long[] {2, config.head().out()}, model.head().forward(h).shape());
    }
  }
}
