package dev.simclr.train;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.data.ImageDataset;
import dev.simclr.model.Module;
import dev.simclr.model.ParameterKind;
import dev.simclr.torch.DType;
import dev.simclr.torch.Init;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** An encoder that a user of the library wrote. */
@ExtendWith(LeakCheck.class)
final class UserEncoderTest {
  static final int DIM = 24;

  @TempDir Path directory;

  /** Mean of each row of pixels, a dense layer, ReLU: nothing that the library has. */
  static final class RowMeans extends Module {
    private final Slot weight;

    RowMeans(long seed) {
      try (var _ = TensorScope.open()) {
        Tensor initial = Tensor.empty(DType.FLOAT32, DIM, 3 * TinyRuns.SIZE);
        weight = parameter("mixing", ParameterKind.WEIGHT, Init.normal_(initial, 0, 0.2, seed));
      }
    }

    @Override
    public Tensor forward(Tensor x) {
      try (var scope = TensorScope.open()) {
        return scope.keep(x.mean(false, 3).flatten(1, -1).linear(weight.tensor()).relu());
      }
    }
  }

  private static PretrainConfig config(int steps) {
    PretrainConfig tiny = TinyRuns.config();
    return tiny.with(tiny.train().toBuilder().epochs(steps).build())
        .with(tiny.optim().toBuilder().warmupEpochs(0).build());
  }

  /** Two epochs of one step. */
  private PretrainResult train(String folder, int featureDim) {
    try (ImageDataset images = TinyRuns.images(TinyRuns.BATCH + 1, 3);
        ImageDataset test = TinyRuns.images(8, 4)) {
      return Pretrainer.of(config(2))
          .encoder(featureDim, RowMeans::new)
          .folder(directory.resolve(folder))
          .trainImages(images)
          .testImages(test)
          .run();
    }
  }

  @Test
  void isTrainedAndSavedByItsNames() {
    PretrainResult result = train("run", DIM);
    assertEquals(2, result.steps());
    assertTrue(result.summary().orElseThrow().last().isPresent());
    try (var _ = TensorScope.open();
        RowMeans untrained = new RowMeans(config(2).train().seed());
        SafetensorsReader reader = SafetensorsReader.open(result.encoder())) {
      assertEquals(List.of("mixing"), List.copyOf(reader.names()));
      double[] before = untrained.state().get("mixing").toDoubleArray();
      double[] after = reader.tensor("mixing").toDoubleArray();
      assertNotEquals(before[0], after[0]);
      // Two steps of a rate below 0.01 do not leave the neighbourhood of the seed's weights.
      assertClose(before, after, 0.1, 0, "weights");
      assertFalse(reader.metadata().keySet().stream().anyMatch(key -> key.startsWith("model.")));
      assertEquals("16", reader.metadata().get("data.image_size"));
    }
  }

  @Test
  void aWrongWidthOfItsFeaturesIsNamed() {
    var e = assertThrows(IllegalArgumentException.class, () -> train("wrong", 25));
    assertEquals(
        "the encoder gives [17, 24]; allowed: [N, 25], as featureDim says", e.getMessage());
    Pretrainer pretrainer = Pretrainer.of(config(1));
    e = assertThrows(IllegalArgumentException.class, () -> pretrainer.encoder(0, RowMeans::new));
    assertEquals("featureDim is 0; allowed: at least 1", e.getMessage());
  }
}
