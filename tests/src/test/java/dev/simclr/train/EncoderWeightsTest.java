package dev.simclr.train;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.checkpoint.SafetensorsWriter;
import dev.simclr.model.ResNet;
import dev.simclr.model.Variant;
import dev.simclr.testing.FixtureArrays;
import dev.simclr.testing.Fixtures;
import dev.simclr.testing.Formula;
import dev.simclr.testing.FormulaState;
import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Weights that torchvision and timm publish. */
@ExtendWith(LeakCheck.class)
final class EncoderWeightsTest {
  private static final List<String> CLASSIFIER = List.of("fc.weight", "fc.bias");

  @TempDir Path directory;

  /** Names and shapes of a model of timm, in order. */
  private static List<String> timm(String model) throws IOException {
    return Files.readAllLines(Fixtures.path("timm/state_dicts.tsv")).stream()
        .filter(line -> line.startsWith(model + "\t"))
        .map(line -> line.substring(model.length() + 1))
        .toList();
  }

  private static String shape(Tensor tensor) {
    return LongStream.of(tensor.shape()).mapToObj(Long::toString).collect(Collectors.joining(","));
  }

  @ParameterizedTest
  @CsvSource({"resnet18, 18, false", "resnet50, 50, false", "resnet50d, 50, true"})
  void timmHasTheSameNamesAndShapes(String model, int depth, boolean resnetD) throws IOException {
    try (ResNet network = ResNet.builder().depth(depth).resnetD(resnetD).build()) {
      List<String> expected = new ArrayList<>(timm(model));
      assertTrue(expected.removeIf(line -> line.startsWith("fc.")));
      List<String> ours = new ArrayList<>();
      network.state().forEach((name, tensor) -> ours.add(name + "\t" + shape(tensor)));
      assertEquals(expected, ours);
    }
  }

  @Test
  void resNet50DComputesWhatTimmComputes() {
    try (var fixture = FixtureArrays.open("timm/resnet50d.safetensors");
        ResNet network = ResNet.builder().depth(50).resnetD(true).build();
        var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      FormulaState.fill(network);
      network.to(DType.FLOAT64);
      network.eval();
      float[] input = Formula.floats(Formula.uniform("input", 2, 3, 90, 70));
      Tensor h = network.forward(Tensor.of(input, 2, 3, 90, 70).to(DType.FLOAT64));
      assertClose(fixture.values("eval"), h.toDoubleArray(), 1e-10, 1e-8, "h");
    }
  }

  /** A file as torchvision's and timm's are: a classifier of 1000 classes, perhaps no counters. */
  private Path classifierFile(ResNet source, boolean counters, DType dtype) {
    Path file = directory.resolve("published-" + counters + "-" + dtype + ".safetensors");
    try (var _ = TensorScope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      source
          .state()
          .forEach((name, tensor) -> {
            if (!name.endsWith("num_batches_tracked")) {
              tensors.put(name, tensor.detach().to(dtype));
            } else if (counters) {
              tensors.put(name, tensor);
            }
          });
      tensors.put("fc.weight", Tensor.ones(dtype, 1000, source.featureDim()));
      tensors.put("fc.bias", Tensor.ones(dtype, 1000));
      SafetensorsWriter.write(file, tensors, Map.of("format", "pt"));
    }
    return file;
  }

  @ParameterizedTest
  @CsvSource({"true, FLOAT32", "false, FLOAT32", "true, FLOAT16"})
  void aClassifierIsTheStartOfARun(boolean counters, DType dtype) {
    PretrainConfig config = TinyRuns.config();
    EncoderConfig encoder = EncoderConfig.of(config);
    try (ResNet published = encoder.network(99);
        SimClrModel model = SimClrModel.create(config, Device.CPU)) {
      published.state().get("bn1.running_mean").fill_(0.25);
      Path file = classifierFile(published, counters, dtype);
      assertEquals(
          CLASSIFIER.stream().sorted().toList(),
          new EncoderWeights(file).loadInto(model.encoder()).stream().sorted().toList());
      double[] head = model.head().state().get("0.linear.weight").toDoubleArray();
      model.initFrom(file);
      try (var _ = TensorScope.open()) {
        Map<String, Tensor> loaded = model.encoder().state();
        published
            .state()
            .forEach((name, tensor) ->
                assertArrayEquals(
                    tensor.detach().to(dtype).toDoubleArray(),
                    loaded.get(name).toDoubleArray(),
                    name));
      }
      assertArrayEquals(head, model.head().state().get("0.linear.weight").toDoubleArray());
    }
  }

  /** The reference's ResNet-18 has a convolution in the first shortcut, torchvision's has not. */
  @Test
  void anotherLayoutIsNamedAndNothingIsChanged() {
    try (ResNet torchvision = ResNet.builder().width(0.0625).seed(1).build();
        ResNet google = ResNet.builder().width(0.0625).variant(Variant.GOOGLE).seed(2).build()) {
      Path file = classifierFile(torchvision, true, DType.FLOAT32);
      double[] before = google.state().get("conv1.weight").toDoubleArray();
      EncoderWeights weights = new EncoderWeights(file);
      var e = assertThrows(CheckpointException.class, () -> weights.loadInto(google));
      assertTrue(e.getMessage().contains("missing [layer1.0.downsample.0.weight"), e.getMessage());
      assertArrayEquals(before, google.state().get("conv1.weight").toDoubleArray());
    }
  }
}
