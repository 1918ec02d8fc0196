package dev.simclr.embed;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.checkpoint.CheckpointException;
import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.checkpoint.SafetensorsWriter;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.RgbImage;
import dev.simclr.eval.LinearClassifier;
import dev.simclr.torch.Device;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.train.ClassifierConfig;
import dev.simclr.train.ClassifierModel;
import dev.simclr.train.EncoderConfig;
import dev.simclr.train.TinyRuns;
import dev.simclr.train.TrainConfig.DeviceChoice;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@ExtendWith(LeakCheck.class)
final class ClassifierTest {
  private static final int DIM = 32;
  private static final List<String> NAMES = List.of("plain", "with, comma", "\"quoted\"", "é");
  private static final EncoderOptions CPU =
      EncoderOptions.builder().device(DeviceChoice.CPU).threads(1).batch(7).build();

  @TempDir static Path shared;
  @TempDir Path directory;
  private static Path file;
  private static LinearClassifier linear;

  @BeforeAll
  static void write() {
    file = shared.resolve("classifier.safetensors");
    double[] weight = new Random(1).doubles(4 * DIM, -30, 30).toArray();
    try (var _ = TensorScope.open();
        ClassifierModel model = ClassifierModel.create(config(), 9, Device.CPU)) {
      model.save(file, Map.of());
      linear = new LinearClassifier(weight, bias(weight));
      model.setLinear(linear);
      model.save(file, Map.of("note", "a test"));
    }
  }

  /** Biases with which the mean image of an untrained network is between all classes. */
  private static double[] bias(double[] weight) {
    double[] bias = new double[4];
    try (ImageDataset images = TinyRuns.testImages();
        Encoder encoder = Encoder.load(file, CPU);
        var _ = TensorScope.open()) {
      double[] mean = encoder.features(images).mean(false, 0).toDoubleArray();
      for (int i = 0; i < weight.length; i++) {
        bias[i / DIM] -= weight[i] * mean[i % DIM];
      }
    }
    return bias;
  }

  private static ClassifierConfig config() {
    return ClassifierConfig.of(EncoderConfig.of(TinyRuns.config()), NAMES);
  }

  private static RgbImage image(ImageDataset images, int index) {
    return RgbImage.of(
        images.height(index),
        images.width(index),
        images.image(index).toArray(ValueLayout.JAVA_BYTE));
  }

  /** The classifier is the softmax of W h + b, with h from an encoder of the very same file. */
  @Test
  void predictsFromTheFeaturesOfItsEncoder() {
    try (ImageDataset images = TinyRuns.testImages();
        Encoder encoder = Encoder.load(file, CPU);
        Classifier classifier = Classifier.load(shared, CPU)) {
      assertEquals(config(), classifier.config());
      assertEquals(NAMES, classifier.classNames());
      List<Prediction> all = new ArrayList<>();
      classifier.predict(
          images,
          (first, predictions) -> {
            assertEquals(all.size(), first);
            all.addAll(predictions);
          });
      assertEquals(images.size(), all.size());
      List<RgbImage> some = new ArrayList<>();
      for (int i = 0; i < images.size(); i++) {
        RgbImage image = image(images, i);
        some.add(image);
        float[] h = encoder.embed(image);
        double[] p = new double[4];
        double sum = 0;
        for (int c = 0; c < 4; c++) {
          double score = linear.bias()[c];
          for (int d = 0; d < DIM; d++) {
            score += linear.weight()[c * DIM + d] * h[d];
          }
          p[c] = Math.exp(score);
          sum += p[c];
        }
        int best = 0;
        for (int c = 0; c < 4; c++) {
          p[c] /= sum;
          best = p[c] > p[best] ? c : best;
        }
        assertClose(p, classifier.probabilities(image), 1e-4, 1e-3, "probabilities");
        Prediction prediction = classifier.predict(image);
        assertEquals(best, prediction.label());
        assertEquals(NAMES.get(best), prediction.className());
        assertEquals(p[best], prediction.probability(), 1e-3);
        assertEquals(best, all.get(i).label());
      }
      assertArrayEquals(
          all.stream().mapToInt(Prediction::label).toArray(),
          classifier.predict(some).stream().mapToInt(Prediction::label).toArray());
      assertTrue(all.stream().map(Prediction::label).distinct().count() > 1);
      assertEquals(List.of(), classifier.predict(List.<RgbImage>of()));
    }
  }

  @Test
  void theFileSaysWhatItIs() {
    assertEquals(config(), Classifier.describe(file));
    try (SafetensorsReader reader = SafetensorsReader.open(file);
        var _ = TensorScope.open()) {
      assertEquals("a test", reader.metadata().get("note"));
      assertArrayEquals(new long[] {4, DIM}, reader.tensor("fc.weight").shape());
      assertTrue(reader.names().contains("layer1.0.conv1.weight"), "torchvision's names");
    }
  }

  @Test
  void aClosedClassifierSaysSo() {
    Classifier classifier = Classifier.load(file, CPU);
    classifier.close();
    classifier.close();
    try (ImageDataset images = TinyRuns.testImages()) {
      var e = assertThrows(IllegalStateException.class, () -> classifier.predict(image(images, 0)));
      assertEquals("the classifier is closed", e.getMessage());
    }
  }

  private Path altered(String name, Map<String, String> metadata, String... without)
      throws IOException {
    Path target = directory.resolve(name);
    try (SafetensorsReader reader = SafetensorsReader.open(file);
        var _ = TensorScope.open()) {
      Map<String, String> changed = new LinkedHashMap<>(reader.metadata());
      changed.putAll(metadata);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (String key : reader.names()) {
        if (!Arrays.asList(without).contains(key)) {
          tensors.put(key, reader.tensor(key));
        }
      }
      SafetensorsWriter.write(target, tensors, changed);
    }
    return target;
  }

  private static void assertRefused(Path place, String message) {
    var e = assertThrows(CheckpointException.class, () -> Classifier.load(place, CPU).close());
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertTrue(e.getMessage().contains(place.toString()), e.getMessage());
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    assertRefused(directory.resolve("nowhere"), "there is no classifier file or folder");
    assertRefused(directory, "has no classifier.safetensors");
    assertRefused(Files.writeString(directory.resolve("text"), "no safetensors"), "text");
    Path encoder = directory.resolve("encoder.safetensors");
    try (var network = EncoderConfig.of(TinyRuns.config()).network(0)) {
      SafetensorsWriter.write(
          encoder, network.state(), EncoderConfig.of(TinyRuns.config()).metadata());
    }
    assertRefused(encoder, "is no classifier: its metadata names no classes");
    assertRefused(altered("a", Map.of(), "fc.bias"), "fc.bias");
    assertRefused(altered("b", Map.of("classifier.classes", "[\"one\"")), "classifier.classes");
    assertRefused(altered("c", Map.of("classifier.classes", "{}")), "no JSON array of strings");
    assertRefused(altered("d", Map.of("classifier.classes", "[\"x\",\"x\"]")), "all different");
    assertRefused(
        altered("e", Map.of("classifier.head_layer", "one")), "classifier.head_layer is 'one'");
    assertRefused(altered("f", Map.of("classifier.head_layer", "1")), "head.layers is missing");
    assertRefused(altered("g", Map.of("classifier.classes", "[\"x\",\"y\"]")), "fc.");
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                Classifier.load(
                    file,
                    EncoderOptions.builder().config(EncoderConfig.of(TinyRuns.config())).build()));
    assertTrue(e.getMessage().startsWith("options.config is given"), e.getMessage());
  }
}
