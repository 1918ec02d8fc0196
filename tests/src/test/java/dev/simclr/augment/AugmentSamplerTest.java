package dev.simclr.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.Fixtures;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Distributions against 200,000 draws of torchvision's samplers, and what a draw depends on. */
class AugmentSamplerTest {
  private static final int DRAWS = 200_000;

  /**
   * Largest distance of two empirical distribution functions: two samples of this size of one
   * distribution exceed 0.0062 once in a thousand times (Kolmogorov and Smirnov).
   */
  private static final double DISTANCE = 0.0062;

  private static final AugmentConfig ALL =
      new AugmentConfig(
          RandomCrop.SIMCLR, 0.5, new ColorJitter(0.8, 0.4, 1.5, 0.4, 0.1), 0.2, RandomBlur.SIMCLR);

  private final JsonNode fixture =
      JsonMapper.shared().readTree(Fixtures.path("augment/draws.json"));

  private static AugmentParams[] draw(AugmentConfig config, int height, int width) {
    AugmentSampler sampler = new AugmentSampler(config);
    return IntStream.range(0, DRAWS)
        .mapToObj(i -> sampler.sample(20_260_101, 3, i, i & 1, height, width))
        .toArray(AugmentParams[]::new);
  }

  @Test
  void cropsAreDistributedAsTorchvisions() {
    for (JsonNode crops : fixture.get("crops")) {
      int height = crops.get("height").asInt();
      int width = crops.get("width").asInt();
      AugmentParams[] drawn = draw(ALL, height, width);
      double area = (double) height * width;
      double mean = Arrays.stream(drawn).mapToDouble(p -> p.height() * p.width() / area).sum();
      assertEquals(crops.get("meanArea").asDouble(), mean / DRAWS, 0.003);
      assertSteps(crops.get("top"), drawn, AugmentParams::top);
      assertSteps(crops.get("left"), drawn, AugmentParams::left);
      assertSteps(crops.get("heights"), drawn, AugmentParams::height);
      assertSteps(crops.get("widths"), drawn, AugmentParams::width);
      if (area > 10_000) {
        // Shares of a small image are a few numbers with large steps between them.
        assertQuantiles(crops.get("areaQuantiles"), drawn, p -> p.height() * p.width() / area);
      }
    }
  }

  @Test
  void meanAreaOfCropsOf32PixelsIsTheKnownOne() {
    double sum = Arrays.stream(draw(ALL, 32, 32)).mapToDouble(p -> p.height() * p.width()).sum();
    assertEquals(0.490, sum / 1024 / DRAWS, 0.003);
  }

  @Test
  void factorsAreDistributedAsTorchvisions() {
    AugmentParams[] drawn = draw(ALL, 32, 32);
    assertQuantiles(fixture.get("brightness"), drawn, AugmentParams::brightness);
    assertQuantiles(fixture.get("contrast"), drawn, AugmentParams::contrast);
    assertQuantiles(fixture.get("saturation"), drawn, AugmentParams::saturation);
    assertQuantiles(fixture.get("hue"), drawn, AugmentParams::hue);
    AugmentParams[] blurred = draw(ALL.withBlur(new RandomBlur(1, 0.1, 2)), 32, 32);
    assertQuantiles(fixture.get("sigma"), blurred, AugmentParams::blurSigma);
  }

  @Test
  void ordersAreDistributedAsTorchvisions() {
    AugmentParams[] drawn = draw(ALL.withJitter(new ColorJitter(1, 0.4, 0.4, 0.4, 0.1)), 32, 32);
    assertSteps(
        fixture.get("orders"),
        drawn,
        p -> p.order().stream().mapToInt(ColorOp::ordinal).reduce(0, (code, op) -> 4 * code + op));
  }

  @Test
  void operationsAreAppliedWithTheirProbabilities() {
    AugmentParams[] drawn = draw(ALL, 32, 32);
    assertShare(0.5, drawn, p -> p.flip() ? 1 : 0);
    assertShare(0.8, drawn, p -> p.order().isEmpty() ? 0 : 1);
    assertShare(0.2, drawn, p -> p.gray() ? 1 : 0);
    assertShare(0.5, drawn, p -> p.blurSigma() > 0 ? 1 : 0);
    // Independent of each other.
    assertShare(0.1, drawn, p -> p.flip() && p.gray() ? 1 : 0);
    assertShare(0.4, drawn, p -> !p.order().isEmpty() && p.blurSigma() > 0 ? 1 : 0);
  }

  @Test
  void switchingAnOperationOffLeavesTheOthersAlone() {
    AugmentSampler all = new AugmentSampler(ALL);
    AugmentSampler noJitter = new AugmentSampler(ALL.withJitter(ColorJitter.NONE));
    AugmentSampler noCrop = new AugmentSampler(ALL.withCrop(RandomCrop.NONE));
    AugmentSampler noHue =
        new AugmentSampler(ALL.withJitter(new ColorJitter(0.8, 0.4, 1.5, 0.4, 0)));
    for (int i = 0; i < 500; i++) {
      AugmentParams p = all.sample(1, 0, i, 0, 30, 40);
      AugmentParams q = noJitter.sample(1, 0, i, 0, 30, 40);
      assertEquals(List.of(), q.order());
      assertEquals(p.top() + " " + p.left(), q.top() + " " + q.left());
      assertEquals(p.flip() + " " + p.gray(), q.flip() + " " + q.gray());
      assertEquals(p.blurSigma(), q.blurSigma());
      AugmentParams r = noCrop.sample(1, 0, i, 0, 30, 40);
      assertEquals("0 0 30 40", r.top() + " " + r.left() + " " + r.height() + " " + r.width());
      assertEquals(p.order(), r.order());
      assertEquals(p.hue(), r.hue());
      AugmentParams s = noHue.sample(1, 0, i, 0, 30, 40);
      assertEquals(p.order().stream().filter(op -> op != ColorOp.HUE).toList(), s.order());
      assertEquals(0, s.hue());
    }
  }

  @Test
  void everyPartOfTheKeyMattersAndNothingElse() {
    AugmentSampler sampler = new AugmentSampler(ALL);
    AugmentParams p = sampler.sample(7, 2, 5, 0, 64, 64);
    sampler.sample(1, 1, 1, 1, 10, 10);
    assertEquals(p, sampler.sample(7, 2, 5, 0, 64, 64));
    assertEquals(p, new AugmentSampler(ALL).sample(7, 2, 5, 0, 64, 64));
    assertNotEquals(p, sampler.sample(8, 2, 5, 0, 64, 64));
    assertNotEquals(p, sampler.sample(7, 3, 5, 0, 64, 64));
    assertNotEquals(p, sampler.sample(7, 2, 6, 0, 64, 64));
    assertNotEquals(p, sampler.sample(7, 2, 5, 1, 64, 64));
  }

  /** A change of these values changes which views a seed names, and with it every run. */
  @Test
  void drawsAreTheSameInEveryVersion() {
    AugmentSampler sampler = new AugmentSampler(ALL);
    assertEquals(
        "AugmentParams[top=0, left=4, height=53, width=55, flip=true,"
            + " order=[CONTRAST, HUE, BRIGHTNESS, SATURATION], brightness=0.9726464,"
            + " contrast=0.8288235, saturation=1.3467735, hue=-0.048324157, gray=false,"
            + " blurSigma=0.0]",
        sampler.sample(7, 2, 6, 1, 64, 64).toString());
    int hash =
        IntStream.range(0, 1000)
            .mapToObj(i -> sampler.sample(i % 3, i % 5, i, i % 2, 48, 64).toString())
            .toList()
            .hashCode();
    assertEquals(-153935276, hash);
  }

  @Test
  void cropsOfLongImagesFallBackToTheCentre() {
    AugmentSampler sampler = new AugmentSampler(ALL);
    Map<String, Integer> boxes = new HashMap<>();
    for (int i = 0; i < 200; i++) {
      AugmentParams p = sampler.sample(0, 0, i, 0, 1, 500);
      assertEquals("0 1", p.top() + " " + p.height());
      boxes.merge(p.left() + " " + p.width(), 1, Integer::sum);
    }
    // int(round(1 * 4 / 3)) columns from (500 - 1) // 2, whatever was drawn.
    assertEquals(Map.of("249 1", 200), boxes);
    for (int i = 0; i < 200; i++) {
      AugmentParams p = sampler.sample(0, 0, i, 0, 1, 1);
      assertEquals("0 0 1 1", p.top() + " " + p.left() + " " + p.height() + " " + p.width());
    }
  }

  @Test
  void ordersOfFewerOperationsAreEquallyLikely() {
    AugmentConfig config = ALL.withJitter(new ColorJitter(1, 0.4, 0, 0, 0.1));
    AugmentParams[] drawn = draw(config, 32, 32);
    List<ColorOp> first = List.of(ColorOp.BRIGHTNESS, ColorOp.HUE);
    assertShare(0.5, drawn, p -> p.order().equals(first) ? 1 : 0);
    HashSet<List<ColorOp>> orders = new HashSet<>();
    for (AugmentParams p : drawn) {
      orders.add(p.order());
    }
    assertEquals(2, orders.size());
  }

  @Test
  void valuesOutOfRangeAreRefused() {
    assertRefused("crop probability is -0.1", () -> new RandomCrop(-0.1, 0.1, 1, 1, 1));
    assertRefused("smallest crop area is 0.0", () -> new RandomCrop(1, 0, 1, 1, 1));
    assertRefused("smallest crop area is 0.9", () -> new RandomCrop(1, 0.9, 0.8, 1, 1));
    assertRefused("largest crop ratio is NaN", () -> new RandomCrop(1, 0.1, 1, 1, Double.NaN));
    assertRefused("hue strength is 0.6", () -> new ColorJitter(1, 0, 0, 0, 0.6));
    assertRefused("contrast strength is -1.0", () -> new ColorJitter(1, 0, -1, 0, 0));
    assertRefused("smallest blur sigma is 0.0", () -> new RandomBlur(1, 0, 1));
    assertRefused("flip probability is 2.0", () -> ALL.withFlip(2));
    assertRefused("height is 0", () -> new AugmentSampler(ALL).sample(0, 0, 0, 0, 0, 1));
    assertRefused("view is 256", () -> new AugmentSampler(ALL).sample(0, 0, 0, 256, 1, 1));
  }

  private static void assertRefused(String message, Runnable action) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, action::run);
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
    assertTrue(e.getMessage().contains("allowed: "), e.getMessage());
  }

  /** Four standard errors. */
  private static void assertShare(
      double expected, AugmentParams[] drawn, ToDoubleFunction<AugmentParams> indicator) {
    double share = Arrays.stream(drawn).mapToDouble(indicator).sum() / DRAWS;
    assertEquals(expected, share, 4 * Math.sqrt(expected * (1 - expected) / DRAWS));
  }

  /** Compares the distribution functions of integers. */
  private static void assertSteps(
      JsonNode expected, AugmentParams[] drawn, ToDoubleFunction<AugmentParams> value) {
    double[] counts = new double[expected.size()];
    for (AugmentParams p : drawn) {
      counts[(int) value.applyAsDouble(p)]++;
    }
    double sum = 0;
    for (int i = 0; i < counts.length; i++) {
      sum += counts[i];
      assertEquals(expected.get(i).asDouble(), sum / DRAWS, DISTANCE, "share up to " + i);
    }
  }

  /** Compares the distribution functions of continuous values at 199 places. */
  private static void assertQuantiles(
      JsonNode expected, AugmentParams[] drawn, ToDoubleFunction<AugmentParams> value) {
    double[] values = Arrays.stream(drawn).mapToDouble(value).sorted().toArray();
    assertEquals(199, expected.size());
    for (int i = 0; i < expected.size(); i++) {
      int at = Arrays.binarySearch(values, expected.get(i).asDouble());
      int below = at < 0 ? -at - 1 : at;
      assertEquals((i + 1) / 200.0, (double) below / DRAWS, DISTANCE, "quantile " + (i + 1));
    }
  }
}
