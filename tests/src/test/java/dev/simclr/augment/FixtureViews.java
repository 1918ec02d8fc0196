package dev.simclr.augment;

import dev.simclr.testing.Fixtures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Views that another library made from given parameters. */
final class FixtureViews {
  private static final double TOLERANCE_OP = 2e-6;
  private static final double TOLERANCE_CHAIN = 1e-5;

  private FixtureViews() {}

  /**
   * One view.
   *
   * @param image uint8 [height, width, 3]
   * @param params what was drawn; absent for the transform of evaluation
   * @param pixels the other library's result, [3, size, size]
   */
  record View(
      String label,
      MemorySegment image,
      int height,
      int width,
      int size,
      Interpolation interpolation,
      Optional<Normalization> normalization,
      Optional<AugmentParams> params,
      double[] pixels) {

    /** How far a float32 result may be off. */
    double tolerance() {
      // Normalised values are four times as large as those in [0, 1].
      double scale = normalization.isPresent() ? 4 : 1;
      return scale * (label.contains("chain") ? TOLERANCE_CHAIN : TOLERANCE_OP);
    }

    /** The result in another order. */
    double[] pixels(PixelLayout layout) {
      double[] values = new double[pixels.length];
      int area = size * size;
      for (int i = 0; i < pixels.length; i++) {
        values[layout == PixelLayout.CONTIGUOUS ? i : 3 * (i % area) + i / area] = pixels[i];
      }
      return values;
    }
  }

  /** torchvision's views. */
  static List<View> torchvision() {
    return read("torchvision", "augment/");
  }

  /** TensorFlow's views. */
  static List<View> tensorflow() {
    return read("TensorFlow", "augment/google/");
  }

  private static List<View> read(String library, String directory) {
    byte[] data;
    try {
      data = Files.readAllBytes(Fixtures.path(directory + "views.bin"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<View> views = new ArrayList<>();
    JsonNode cases = JsonMapper.shared().readTree(Fixtures.path(directory + "views.json"));
    cases.forEach(c -> views.add(view(library, c, MemorySegment.ofArray(data).asReadOnly())));
    return views;
  }

  private static View view(String library, JsonNode c, MemorySegment data) {
    int height = c.get("imageHeight").asInt();
    int width = c.get("imageWidth").asInt();
    int size = c.get("size").asInt();
    double[] pixels = new double[3 * size * size];
    MemorySegment result = data.asSlice(c.get("offset").asLong());
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = result.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
    }
    List<Double> mean = numbers(c, "mean");
    return new View(
        library + ": " + c.get("label").asString(),
        data.asSlice(c.get("imageOffset").asLong(), 3L * height * width),
        height,
        width,
        size,
        Interpolation.valueOf(c.get("interpolation").asString()),
        mean.isEmpty() ? Optional.empty() : Optional.of(new Normalization(mean, numbers(c, "std"))),
        c.has("ops") ? Optional.of(params(c)) : Optional.empty(),
        pixels);
  }

  private static AugmentParams params(JsonNode c) {
    List<ViewOp> ops = new ArrayList<>();
    c.get("ops").forEach(op -> ops.add(op(op.get(0).asString(), (float) op.get(1).asDouble())));
    return new AugmentParams(
        c.get("top").asInt(),
        c.get("left").asInt(),
        c.get("height").asInt(),
        c.get("width").asInt(),
        c.get("flip").asBoolean(),
        ops);
  }

  private static ViewOp op(String name, float value) {
    return switch (name) {
      case "BRIGHTNESS" -> new ViewOp.Brightness(value);
      case "CONTRAST" -> new ViewOp.Contrast(value);
      case "CONTRAST_CHANNELS" -> new ViewOp.ContrastChannels(value);
      case "SATURATION" -> new ViewOp.Saturation(value);
      case "SATURATION_HSV" -> new ViewOp.SaturationHsv(value);
      case "HUE" -> new ViewOp.Hue(value);
      case "GRAY" -> new ViewOp.Gray();
      case "BLUR" -> new ViewOp.Blur(value);
      case "BLUR_ZERO" -> new ViewOp.BlurZero(value);
      case "SOLARIZE" -> new ViewOp.Solarize(value);
      case "EQUALIZE" -> new ViewOp.Equalize();
      case "CLAMP" -> new ViewOp.Clamp();
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static List<Double> numbers(JsonNode c, String key) {
    List<Double> numbers = new ArrayList<>();
    if (c.has(key)) {
      c.get(key).forEach(n -> numbers.add(n.asDouble()));
    }
    return numbers;
  }
}
