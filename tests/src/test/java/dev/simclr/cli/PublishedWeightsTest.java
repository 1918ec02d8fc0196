package dev.simclr.cli;

import static dev.simclr.cli.CliRunner.simclr;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.checkpoint.SafetensorsWriter;
import dev.simclr.cli.CliRunner.Outcome;
import dev.simclr.model.ResNet;
import dev.simclr.testing.TinyFolder;
import dev.simclr.torch.DType;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.train.EncoderConfig;
import dev.simclr.train.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Weights as torchvision publishes them, with a classifier and without a word on the architecture,
 * do in every command what the same weights do in a file of this library.
 */
@Timeout(180)
@ExtendWith(LeakCheck.class)
final class PublishedWeightsTest {
  private static final int SIZE = 16;
  private static final String IMAGE_SIZE = "data.image_size=" + SIZE;
  private static final List<String> DESCRIPTION =
      List.of(
          "model.encoder=resnet18",
          "model.width=0.0625",
          IMAGE_SIZE,
          "augment.mean=[0.485,0.456,0.406]",
          "augment.std=[0.229,0.224,0.225]");

  @TempDir static Path shared;
  @TempDir Path directory;
  private static Path published;
  private static Path own;
  private static List<String> usual;

  @BeforeAll
  static void write() throws IOException {
    Path data = TinyFolder.write(shared.resolve("images"), 40, 12);
    usual =
        List.of(
            "data.source=folder",
            "data.root=" + data,
            "data.cache=" + shared.resolve("cache"),
            "train.device=cpu",
            "train.threads=1");
    published = shared.resolve("published.safetensors");
    own = shared.resolve("own.safetensors");
    EncoderConfig config =
        EncoderConfig.of(ModelConfig.builder().width(0.0625).build(), SIZE)
            .normalized(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));
    try (ResNet network = config.network(5);
        var _ = TensorScope.open()) {
      network.state().get("bn1.running_mean").fill_(0.25);
      SafetensorsWriter.write(own, network.state(), config.metadata());
      Map<String, Tensor> tensors = new LinkedHashMap<>(network.state());
      // The first files of torchvision are older than these counters.
      tensors.keySet().removeIf(name -> name.endsWith("num_batches_tracked"));
      tensors.put("fc.weight", Tensor.ones(DType.FLOAT32, 1000, network.featureDim()));
      tensors.put("fc.bias", Tensor.ones(DType.FLOAT32, 1000));
      SafetensorsWriter.write(published, tensors, Map.of("format", "pt"));
    }
  }

  private static String[] own(String command, String... more) {
    return TinyFolder.arguments(List.of(command, own.toString()), usual, List.of(more));
  }

  private static String[] published(String command, String... more) {
    return TinyFolder.arguments(
        List.of(command, published.toString()), usual, DESCRIPTION, List.of(more));
  }

  /** The numbers of a result. */
  private static JsonNode result(String... arguments) {
    ObjectNode result = (ObjectNode) simclr(arguments).json();
    result.remove("seconds");
    result.remove("encoder");
    return result;
  }

  private static void assertDone(Outcome outcome) {
    assertEquals(0, outcome.code(), outcome.err());
  }

  private static Map<String, double[]> tensors(Path file) {
    Map<String, double[]> all = new TreeMap<>();
    try (SafetensorsReader reader = SafetensorsReader.open(file);
        var _ = TensorScope.open()) {
      reader
          .names()
          .forEach(name -> all.put(name, reader.tensor(name).to(DType.FLOAT64).toDoubleArray()));
    }
    return all;
  }

  private static void assertSameTensors(Path expected, Path actual) {
    Map<String, double[]> values = tensors(actual);
    tensors(expected)
        .forEach((name, tensor) -> {
          // Counters of what never was in the file begin anew, and nothing depends on them.
          if (!name.endsWith("num_batches_tracked")) {
            assertArrayEquals(tensor, values.get(name), name);
          }
        });
  }

  @Test
  void knnAndLinearFindTheSame() {
    for (String command : List.of("knn", "linear")) {
      assertEquals(result(own(command, "--json")), result(published(command, "--json")));
    }
    String[] sgd = {"--method", "sgd", "--epochs", "2", "--batch", "8", "--json"};
    assertEquals(result(own("linear", sgd)), result(published("linear", sgd)));
  }

  @Test
  void embedWritesTheSameAndHeedsTheSettings() throws IOException {
    Path a = directory.resolve("a.npy");
    Path b = directory.resolve("b.npy");
    Path c = directory.resolve("c.npy");
    assertDone(simclr(own("embed", "--out", a.toString())));
    assertDone(simclr(published("embed", "--out", b.toString())));
    assertDone(simclr(published("embed", "--out", c.toString(), "augment.mean=[0,0,0]")));
    assertArrayEquals(Files.readAllBytes(a), Files.readAllBytes(b));
    assertNotEquals(-1, Files.mismatch(b, c), "other pixels, other features");
  }

  @Test
  void finetuneAndLinearLeaveTheSameClassifier() {
    for (List<String> command :
        List.of(List.of("finetune", "--epochs", "2", "--batch", "8"), List.of("linear"))) {
      String name = command.getFirst();
      Path a = directory.resolve("own-" + name);
      Path b = directory.resolve("published-" + name);
      List<String> options = TinyFolder.plus(command.subList(1, command.size()), "--json", "--out");
      String[] first = TinyFolder.plus(options, a.toString()).toArray(String[]::new);
      String[] second = TinyFolder.plus(options, b.toString()).toArray(String[]::new);
      assertEquals(result(own(name, first)), result(published(name, second)));
      assertSameTensors(a.resolve("classifier.safetensors"), b.resolve("classifier.safetensors"));
      // The classifier's own file does say what it is.
      Path labels = directory.resolve(name + ".csv");
      assertDone(simclr("predict", b, shared.resolve("images/test"), "--out", labels));
    }
  }

  @Test
  void aRunStartsFromIt() {
    for (Path file : List.of(own, published)) {
      Path run = directory.resolve(file.getFileName().toString());
      String[] arguments =
          TinyFolder.arguments(
              List.of("pretrain", "--init-from", file.toString(), "--out", run.toString()),
              TinyFolder.training(),
              usual,
              DESCRIPTION);
      assertDone(simclr(arguments));
    }
    assertSameTensors(
        directory.resolve("own.safetensors/model.safetensors"),
        directory.resolve("published.safetensors/model.safetensors"));
  }

  @Test
  void aFileOfANetworkOfOnesOwnIsToldFromAPublishedOne() throws IOException {
    Path own = directory.resolve("mine.safetensors");
    try (var _ = TensorScope.open()) {
      SafetensorsWriter.write(
          own,
          Map.of("weight", Tensor.zeros(DType.FLOAT32, 2)),
          Map.of("data.image_size", "16", "augment.interpolation", "bilinear"));
    }
    simclr("knn", own, "data.source=embedded")
        .assertFailed(
            2,
            own
                + " is of a network of your own, which the command line does not know; load it in"
                + " code with Encoder.load, giving the network");
  }

  @Test
  void settingsOfItsArchitectureAreRequiredAndChecked() throws IOException {
    String missing = published + " does not say what network it is for; give the settings ";
    String normalised = ", and augment.mean and augment.std if it takes normalised pixels";
    String[] nothing = TinyFolder.arguments(List.of("knn", published.toString()), usual);
    simclr(nothing).assertFailed(2, missing + "model.encoder and data.image_size" + normalised);
    String[] noSize =
        TinyFolder.arguments(
            List.of("linear", published.toString(), "model.encoder=resnet18"), usual);
    simclr(noSize).assertFailed(2, missing + "data.image_size" + normalised);
    Path file = directory.resolve("settings.yaml");
    Files.writeString(file, "model: {encoder: resnet18, width: 0.0625}\ndata: {image_size: 16}\n");
    String[] fromFile =
        TinyFolder.arguments(
            List.of("knn", published.toString(), "--config", file.toString(), "--json"), usual);
    simclr(fromFile).json();

    simclr(published("knn", "model.encoder=resnet50")).assertFailed(3, published + ": ");
    simclr(published("knn", "model.zero_gamma=true"))
        .assertFailed(2, "model.zero_gamma has no effect on a trained encoder\n");
    simclr(published("knn", "train.epochs=3")).assertFailed(2, "train.epochs has no effect");
    simclr(published("knn", "--features", "z"))
        .assertFailed(2, "--features needs a projection head, so ENCODER must be a run folder");
    simclr(published("finetune", "--head-layer", "1", "--out", directory.resolve("x").toString()))
        .assertFailed(2, "--head-layer needs a projection head");
    simclr("knn", published, "model.encoder=resnet18", IMAGE_SIZE)
        .assertFailed(
            2, "there is no " + shared.resolve("config.yaml") + " to say where the images");
  }
}
