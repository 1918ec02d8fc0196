package dev.simclr.augment;

import static dev.simclr.testing.Close.assertClose;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.simclr.testing.Fixtures;
import dev.simclr.torch.AugmentFormat;
import dev.simclr.torch.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every operation alone, and chains of them, against torchvision's results. */
class TorchvisionViewsTest {
  private static final double TOLERANCE_OP = 2e-6;
  private static final double TOLERANCE_CHAIN = 1e-5;

  private final byte[] data = Files.readAllBytes(Fixtures.path("augment/views.bin"));

  TorchvisionViewsTest() throws IOException {}

  @TestFactory
  Stream<DynamicTest> viewsAreTorchvisions() {
    JsonNode cases = JsonMapper.shared().readTree(Fixtures.path("augment/views.json"));
    return StreamSupport.stream(cases.spliterator(), false)
        .flatMap(c ->
            Stream.of(PixelLayout.values())
                .flatMap(layout ->
                    EngineIsas.available().stream()
                        .map(isa ->
                            dynamicTest(
                                c.get("label").asString() + ", " + layout + ", " + isa,
                                () -> check(c, layout, isa)))));
  }

  private void check(JsonNode c, PixelLayout layout, AugmentFormat.Isa isa) {
    int size = c.get("size").asInt();
    List<Double> mean = numbers(c.get("mean"));
    ViewFormat format =
        new ViewFormat(
            size,
            DType.FLOAT32,
            layout,
            Interpolation.valueOf(c.get("interpolation").asString()),
            mean.isEmpty()
                ? Optional.empty()
                : Optional.of(new Normalization(mean, numbers(c.get("std")))));
    int height = c.get("imageHeight").asInt();
    int width = c.get("imageWidth").asInt();
    MemorySegment image =
        MemorySegment.ofArray(data)
            .asSlice(c.get("imageOffset").asLong(), 3L * height * width)
            .asReadOnly();

    float[] view = new float[format.values()];
    if (c.get("kind").asString().equals("view")) {
      new Augmenter(format, isa)
          .apply(image, height, width, params(c), MemorySegment.ofArray(view), 0);
    } else {
      new EvalTransform(format).apply(image, height, width, MemorySegment.ofArray(view), 0);
    }

    double[] expected = new double[view.length];
    double[] actual = new double[view.length];
    MemorySegment result = MemorySegment.ofArray(data).asSlice(c.get("offset").asLong());
    for (int channel = 0; channel < 3; channel++) {
      for (int i = 0; i < size * size; i++) {
        int planar = channel * size * size + i;
        expected[planar] = result.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, planar);
        actual[planar] = view[layout == PixelLayout.CONTIGUOUS ? planar : 3 * i + channel];
      }
    }
    boolean chain = c.get("label").asString().startsWith("chain");
    // Normalised values are four times as large as those in [0, 1].
    double scale = mean.isEmpty() ? 1 : 4;
    double tolerance = scale * (chain ? TOLERANCE_CHAIN : TOLERANCE_OP);
    assertClose(expected, actual, tolerance, 0, c.get("label").asString());
  }

  private static AugmentParams params(JsonNode c) {
    List<ViewOp> ops = new ArrayList<>();
    for (JsonNode op : c.get("order")) {
      ops.add(
          switch (op.asString()) {
            case "BRIGHTNESS" -> new ViewOp.Brightness((float) c.get("brightness").asDouble());
            case "CONTRAST" -> new ViewOp.Contrast((float) c.get("contrast").asDouble());
            case "SATURATION" -> new ViewOp.Saturation((float) c.get("saturation").asDouble());
            case "HUE" -> new ViewOp.Hue((float) c.get("hue").asDouble());
            default -> throw new AssertionError(op);
          });
    }
    if (c.get("gray").asBoolean()) {
      ops.add(new ViewOp.Gray());
    }
    if (c.get("sigma").asDouble() > 0) {
      ops.add(new ViewOp.Blur((float) c.get("sigma").asDouble()));
    }
    return new AugmentParams(
        c.get("top").asInt(),
        c.get("left").asInt(),
        c.get("height").asInt(),
        c.get("width").asInt(),
        c.get("flip").asBoolean(),
        ops);
  }

  private static List<Double> numbers(JsonNode array) {
    List<Double> numbers = new ArrayList<>();
    array.forEach(n -> numbers.add(n.asDouble()));
    return numbers;
  }
}
