package dev.simclr.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.Fixtures;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * 200,000 draws of each semantics against 200,000 of torchvision's and of TensorFlow's samplers:
 * the largest distance between the two distribution functions (Kolmogorov and Smirnov).
 */
class AugmentDistributionTest {
  private static final int DRAWS = 200_000;

  /** Two samples of this size of one distribution exceed this at most 15 times in 10,000. */
  private static final double SAME = 0.006;

  private static final double DIFFERENT = 0.02;

  /** A box as the histograms count it. */
  private static final Map<String, Place> PLACES =
      new TreeMap<>(
          Map.of(
              "top", (p, _) -> p.top(),
              "left", (p, _) -> p.left(),
              "heights", (p, _) -> p.height(),
              "widths", (p, _) -> p.width(),
              "ratios", (p, _) -> 500 * p.width() / p.height(),
              "areas", (p, pixels) -> (int) (2000L * p.height() * p.width() / pixels)));

  /** What the two samplers differ in, for a square image and for one of a photograph's shape. */
  private static final List<String> TELLING = List.of("areas", "heights", "widths");

  private interface Place {
    int of(AugmentParams params, long imagePixels);
  }

  private static JsonNode fixture(Semantics semantics) {
    return JsonMapper.shared()
        .readTree(
            Fixtures.path(
                semantics == Semantics.GOOGLE
                    ? "augment/google/draws.json"
                    : "augment/draws.json"));
  }

  private static List<AugmentParams> draw(AugmentConfig config, int height, int width) {
    AugmentSampler sampler = new AugmentSampler(config, 32);
    return IntStream.range(0, DRAWS)
        .mapToObj(i -> sampler.sample(new ViewKey(20_260_101, 3, i, i, i & 1), height, width))
        .toList();
  }

  private static AugmentConfig config(Semantics semantics) {
    // TensorFlow refuses negative factors, torchvision never draws them.
    double contrast = semantics == Semantics.GOOGLE ? 0.9 : 1.5;
    return new AugmentConfig(
        semantics,
        RandomCrop.SIMCLR,
        0.5,
        List.of(new ColorJitter(1, 0.4, contrast, 0.4, 0.1), new RandomBlur(1, 0.1, 2)));
  }

  private static Map<String, int[]> histograms(Semantics semantics, int height, int width) {
    List<AugmentParams> drawn = draw(config(semantics), height, width);
    Map<String, int[]> histograms = new TreeMap<>();
    PLACES.forEach((name, place) ->
        histograms.put(name, histogram(drawn, p -> place.of(p, (long) height * width))));
    return histograms;
  }

  private static int[] histogram(List<AugmentParams> drawn, ToIntFunction<AugmentParams> value) {
    int[] counts = new int[drawn.stream().mapToInt(value).max().orElseThrow() + 1];
    drawn.forEach(p -> counts[value.applyAsInt(p)]++);
    return counts;
  }

  private static int[] counts(JsonNode array) {
    int[] counts = new int[array.size()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = array.get(i).asInt();
    }
    return counts;
  }

  private static double distance(int[] a, int[] b) {
    long difference = 0;
    long largest = 0;
    for (int i = 0; i < Math.max(a.length, b.length); i++) {
      difference += (i < a.length ? a[i] : 0) - (i < b.length ? b[i] : 0);
      largest = Math.max(largest, Math.abs(difference));
    }
    assertEquals(0, difference, "both have " + DRAWS + " draws");
    return (double) largest / DRAWS;
  }

  @Test
  void cropsAreDistributedAsTheLibrarysAndNotAsTheOthers() {
    for (Semantics semantics : Semantics.values()) {
      Semantics other = semantics == Semantics.GOOGLE ? Semantics.TORCHVISION : Semantics.GOOGLE;
      JsonNode crops = fixture(semantics).get("crops");
      JsonNode otherCrops = fixture(other).get("crops");
      for (int i = 0; i < crops.size(); i++) {
        int height = crops.get(i).get("height").asInt();
        int width = crops.get(i).get("width").asInt();
        Map<String, int[]> drawn = histograms(semantics, height, width);
        for (String name : PLACES.keySet()) {
          String what = semantics + ", " + name + " of " + height + "x" + width;
          double same = distance(counts(crops.get(i).get(name)), drawn.get(name));
          assertTrue(same <= SAME, what + ": distance " + same);
          if (TELLING.contains(name)) {
            double different = distance(counts(otherCrops.get(i).get(name)), drawn.get(name));
            assertTrue(different > DIFFERENT, what + ": distance from the other " + different);
          }
        }
      }
    }
  }

  /** Of 200,000 simulated crops of each library, rounded to three places. */
  @Test
  void meanAreasAreTheKnownOnes() {
    assertMeanArea(0.431, Semantics.GOOGLE, 32, 32);
    assertMeanArea(0.490, Semantics.TORCHVISION, 32, 32);
    assertMeanArea(0.387, Semantics.GOOGLE, 375, 500);
    assertMeanArea(0.433, Semantics.TORCHVISION, 375, 500);
  }

  private static void assertMeanArea(double expected, Semantics semantics, int height, int width) {
    double pixels = (double) height * width;
    double mean =
        draw(config(semantics), height, width).stream()
            .mapToDouble(p -> p.height() * p.width() / pixels)
            .average()
            .orElseThrow();
    assertEquals(expected, mean, 0.003, semantics + " " + height + "x" + width);
  }

  @Test
  void factorsAndSigmasAreDistributedAsTheLibrarys() {
    for (Semantics semantics : Semantics.values()) {
      List<AugmentParams> drawn = draw(config(semantics), 32, 32);
      assertUniform(semantics, "brightness", drawn, AugmentDistributionTest::brightness);
      assertUniform(semantics, "contrast", drawn, AugmentDistributionTest::contrast);
      assertUniform(semantics, "saturation", drawn, AugmentDistributionTest::saturation);
      assertUniform(semantics, "hue", drawn, AugmentDistributionTest::hue);
      assertUniform(semantics, "sigma", drawn, AugmentDistributionTest::sigma);
    }
  }

  private static void assertUniform(
      Semantics semantics, String name, List<AugmentParams> drawn, ToDoubleFunction<ViewOp> value) {
    JsonNode expected = fixture(semantics).get(name);
    double low = expected.get("low").asDouble();
    double high = expected.get("high").asDouble();
    int[] counts = new int[2000];
    for (AugmentParams params : drawn) {
      double[] values =
          params.ops().stream().mapToDouble(value).filter(v -> !Double.isNaN(v)).toArray();
      assertEquals(1, values.length, name);
      int place = (int) Math.floor(2000 * (values[0] - low) / (high - low));
      // A float32 may be rounded beyond the end.
      assertTrue(place >= -1 && place <= 2000, name + " " + values[0]);
      counts[Math.clamp(place, 0, 1999)]++;
    }
    double distance = distance(counts(expected.get("counts")), counts);
    assertTrue(distance <= SAME, semantics + " " + name + ": distance " + distance);
  }

  private static double brightness(ViewOp op) {
    return op instanceof ViewOp.Brightness(float factor) ? factor : Double.NaN;
  }

  private static double contrast(ViewOp op) {
    return switch (op) {
      case ViewOp.Contrast(float factor) -> factor;
      case ViewOp.ContrastChannels(float factor) -> factor;
      default -> Double.NaN;
    };
  }

  private static double saturation(ViewOp op) {
    return switch (op) {
      case ViewOp.Saturation(float factor) -> factor;
      case ViewOp.SaturationHsv(float factor) -> factor;
      default -> Double.NaN;
    };
  }

  private static double hue(ViewOp op) {
    return op instanceof ViewOp.Hue(float shift) ? shift : Double.NaN;
  }

  private static double sigma(ViewOp op) {
    return switch (op) {
      case ViewOp.Blur(float sigma) -> sigma;
      case ViewOp.BlurZero(float sigma) -> sigma;
      default -> Double.NaN;
    };
  }

  @Test
  void ordersAreDistributedAsTheLibrarys() {
    for (Semantics semantics : Semantics.values()) {
      TreeMap<String, Integer> found = new TreeMap<>();
      for (AugmentParams params : draw(config(semantics), 32, 32)) {
        found.merge(order(params), 1, Integer::sum);
      }
      int[] expected = counts(fixture(semantics).get("orders"));
      assertEquals(24, found.size());
      int[] actual = found.values().stream().mapToInt(Integer::intValue).toArray();
      double distance = distance(expected, actual);
      assertTrue(distance <= SAME, semantics + ": distance " + distance);
      for (int count : actual) {
        // Five standard deviations.
        assertEquals(DRAWS / 24.0, count, 5 * Math.sqrt(DRAWS / 24.0), semantics.toString());
      }
    }
  }

  /** The places of brightness, contrast, saturation and hue, as digits 0 to 3 in their order. */
  private static String order(AugmentParams params) {
    List<ToDoubleFunction<ViewOp>> kinds =
        List.of(
            AugmentDistributionTest::brightness,
            AugmentDistributionTest::contrast,
            AugmentDistributionTest::saturation,
            AugmentDistributionTest::hue);
    List<String> digits = new ArrayList<>();
    for (ViewOp op : params.ops()) {
      for (int kind = 0; kind < kinds.size(); kind++) {
        if (!Double.isNaN(kinds.get(kind).applyAsDouble(op))) {
          digits.add(Integer.toString(kind));
        }
      }
    }
    return String.join("", digits);
  }
}
