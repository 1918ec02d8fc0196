package dev.simclr.cli;

import static dev.simclr.cli.CliRunner.simclr;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.testing.TinyFolder;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The network of recipe {@code supervised}, at full size. */
@Timeout(180)
@ExtendWith(LeakCheck.class)
final class SupervisedRecipeTest {
  /** ResNet-18 with a CIFAR stem. */
  private static final long ENCODER = 11_168_832;

  @TempDir Path directory;

  /** The linear layer starts at zero, so that the encoder has a gradient from the second step. */
  @Test
  void takesTwoStepsOnTwoImages() throws IOException {
    Path data = TinyFolder.write(directory.resolve("images"), 2, 2);
    Path out = directory.resolve("out");
    JsonNode result =
        simclr(
                "finetune",
                "--recipe",
                "supervised",
                "--epochs",
                2,
                "--batch",
                2,
                "--out",
                out,
                "--json",
                "data.source=folder",
                "data.root=" + data,
                "data.cache=" + directory.resolve("cache"),
                "train.precision=float32",
                "train.device=cpu")
            .json();
    assertEquals(2, result.get("steps").intValue());
    assertEquals(ENCODER + 2 * 513, result.get("trained_parameters").longValue());
    try (var _ = TensorScope.open();
        var trained = SafetensorsReader.open(out.resolve("classifier.safetensors"))) {
      assertArrayEquals(new long[] {64, 3, 3, 3}, trained.tensor("conv1.weight").shape());
      assertArrayEquals(new long[] {2, 512}, trained.tensor("fc.weight").shape());
      for (String name : trained.names()) {
        Tensor tensor = trained.tensor(name);
        if (tensor.dtype().isFloatingPoint()) {
          assertTrue(DoubleStream.of(tensor.toDoubleArray()).allMatch(Double::isFinite), name);
        }
      }
      for (String moved : new String[] {"fc.weight", "layer4.1.bn2.bias", "bn1.bias"}) {
        assertTrue(
            DoubleStream.of(trained.tensor(moved).toDoubleArray()).anyMatch(x -> x != 0), moved);
      }
    }
  }
}
