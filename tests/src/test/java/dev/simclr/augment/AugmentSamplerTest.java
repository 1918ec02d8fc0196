package dev.simclr.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is drawn with which probability, and what a draw depends on. */
class AugmentSamplerTest {
  private static final int DRAWS = 200_000;
  private static final int SIZE = 32;

  private static final AugmentConfig ALL =
      new AugmentConfig(
          Semantics.TORCHVISION,
          RandomCrop.SIMCLR,
          0.5,
          List.of(
              new ColorJitter(0.8, 0.4, 1.5, 0.4, 0.1), new RandomGray(0.2), RandomBlur.SIMCLR));

  /** All operations there are, in an unusual order. */
  private static final AugmentConfig EXTRAS =
      new AugmentConfig(
          Semantics.TORCHVISION,
          RandomCrop.SIMCLR,
          0.5,
          List.of(
              new RandomNoise(0.5, 0.01, 0.1),
              RandomBlur.SIMCLR,
              new RandomCutout(0.5, 0.2, 0.6),
              new RandomSobel(0.3),
              new ColorJitter(0.8, 0.4, 1.5, 0.4, 0.1),
              new RandomRotation(0.5),
              new RandomSolarize(0.2, 0.75),
              new RandomGray(0.2),
              new RandomEqualize(0.4)));

  private static final RandomViewCrop VIEW_CROP =
      new RandomViewCrop(new RandomCrop(0.6, 0.3, 0.9, 0.75, 1.3));

  private static final AugmentConfig EXTRAS_AND_CROP = EXTRAS.with(VIEW_CROP);

  private static AugmentParams[] draw(AugmentConfig config, int height, int width) {
    AugmentSampler sampler = new AugmentSampler(config, SIZE);
    return IntStream.range(0, DRAWS)
        .mapToObj(i -> sample(sampler, 20_260_101, 3, i, i & 1, height, width))
        .toArray(AugmentParams[]::new);
  }

  private static AugmentParams sample(
      AugmentSampler sampler, long seed, long epoch, int sample, int view, int height, int width) {
    return sampler.sample(new ViewKey(seed, epoch, 0, sample, view), height, width);
  }

  /** The operation of a kind among what was drawn, or null. */
  private static <T extends ViewOp> T op(AugmentParams params, Class<T> kind) {
    return params.ops().stream().filter(kind::isInstance).map(kind::cast).findFirst().orElse(null);
  }

  private static boolean has(AugmentParams params, Class<? extends ViewOp> kind) {
    return op(params, kind) != null;
  }

  private static List<ViewOp> without(AugmentParams params, Class<? extends ViewOp> kind) {
    return params.ops().stream().filter(op -> !kind.isInstance(op)).toList();
  }

  private static String box(AugmentParams p) {
    return p.top() + " " + p.left() + " " + p.height() + " " + p.width();
  }

  @Test
  void operationsAreAppliedWithTheirProbabilities() {
    AugmentParams[] drawn = draw(EXTRAS, 32, 32);
    assertShare(0.5, drawn, p -> p.flip() ? 1 : 0);
    assertShare(0.8, drawn, p -> has(p, ViewOp.Hue.class) ? 1 : 0);
    assertShare(0.2, drawn, p -> has(p, ViewOp.Gray.class) ? 1 : 0);
    assertShare(0.5, drawn, p -> has(p, ViewOp.Blur.class) ? 1 : 0);
    assertShare(0.2, drawn, p -> has(p, ViewOp.Solarize.class) ? 1 : 0);
    assertShare(0.4, drawn, p -> has(p, ViewOp.Equalize.class) ? 1 : 0);
    assertShare(0.5, drawn, p -> has(p, ViewOp.Cutout.class) ? 1 : 0);
    assertShare(0.3, drawn, p -> has(p, ViewOp.Sobel.class) ? 1 : 0);
    assertShare(0.5, drawn, p -> has(p, ViewOp.Noise.class) ? 1 : 0);
    for (int turns = 1; turns < 4; turns++) {
      ViewOp rotation = new ViewOp.Rotation(turns);
      assertShare(0.125, drawn, p -> p.ops().contains(rotation) ? 1 : 0);
    }
    // Independent of each other, within a block of words and across blocks.
    assertShare(0.1, drawn, p -> p.flip() && has(p, ViewOp.Gray.class) ? 1 : 0);
    assertShare(0.4, drawn, p -> has(p, ViewOp.Hue.class) && has(p, ViewOp.Blur.class) ? 1 : 0);
    assertShare(
        0.15, drawn, p -> has(p, ViewOp.Sobel.class) && has(p, ViewOp.Cutout.class) ? 1 : 0);
  }

  @Test
  void extraOperationsAreDrawnAsTheyAreDefined() {
    AugmentParams[] drawn =
        draw(
            AugmentConfig.NONE.withOps(
                List.of(new RandomCutout(1, 0.25, 0.5), new RandomNoise(1, 0.05, 0.15))),
            32,
            32);
    assertUniform(drawn, p -> (op(p, ViewOp.Noise.class).std() - 0.05) / 0.1);
    assertUniform(
        drawn, p -> (op(p, ViewOp.Noise.class).key() & 0xFFFFFFFFL) / (double) (1L << 32));
    assertUniform(drawn, p -> (op(p, ViewOp.Noise.class).key() >>> 32) / (double) (1L << 32));
    int[] sides = new int[33];
    int[] firstRows = new int[32];
    for (AugmentParams p : drawn) {
      ViewOp.Cutout cutout = op(p, ViewOp.Cutout.class);
      assertTrue(cutout.top() + cutout.height() <= SIZE && cutout.left() + cutout.width() <= SIZE);
      boolean inside =
          cutout.top() > 0
              && cutout.left() > 0
              && cutout.top() + cutout.height() < SIZE
              && cutout.left() + cutout.width() < SIZE;
      if (inside) {
        assertEquals(cutout.height(), cutout.width());
        sides[cutout.height()]++;
      }
      firstRows[cutout.top()]++;
    }
    for (int side = 0; side < sides.length; side++) {
      assertEquals(side >= 8 && side <= 16, sides[side] > 0, "side " + side);
    }
    // Row r > 0 is the first one if the centre is at r + side / 2: one row of 32, for every side
    // with r + side / 2 < 32. In the middle that is all of them.
    for (int row = 1; row <= 20; row++) {
      assertEquals(1 / 32.0, firstRows[row] / (double) DRAWS, 0.002, "row " + row);
    }
  }

  @Test
  void googlesBlurHasOneSigmaForAllImagesOfAStep() {
    AugmentConfig config =
        new AugmentConfig(
            Semantics.GOOGLE, RandomCrop.SIMCLR, 0.5, List.of(new RandomBlur(0.5, 0.1, 2)));
    AugmentSampler sampler = new AugmentSampler(config, 64);
    Map<String, HashSet<Float>> sigmas = new HashMap<>();
    int blurred = 0;
    for (int i = 0; i < 4000; i++) {
      ViewKey key = new ViewKey(5, 1, i % 20, i, i / 20 % 2);
      ViewOp.BlurZero blur = op(sampler.sample(key, 64, 64), ViewOp.BlurZero.class);
      if (blur != null) {
        blurred++;
        sigmas
            .computeIfAbsent(key.batch() + " " + key.view(), k -> new HashSet<>())
            .add(blur.sigma());
      }
    }
    assertEquals(2000, blurred, 130);
    assertEquals(40, sigmas.size());
    HashSet<Float> all = new HashSet<>();
    sigmas.forEach((key, values) -> {
      assertEquals(1, values.size(), key);
      all.addAll(values);
    });
    assertEquals(40, all.size());
    AugmentParams[] steps =
        IntStream.range(0, DRAWS)
            .mapToObj(i ->
                new AugmentSampler(config.with(new RandomBlur(1, 0.1, 2)), 64)
                    .sample(new ViewKey(5, 0, i, 0, 0), 64, 64))
            .toArray(AugmentParams[]::new);
    assertUniform(steps, p -> (op(p, ViewOp.BlurZero.class).sigma() - 0.1) / 1.9);
  }

  /** Where the reference clamps; a clamp that cannot change anything is left out. */
  @Test
  void googlesChainsClampWhereTheReferenceDoes() {
    AugmentConfig google =
        ALL.withSemantics(Semantics.GOOGLE).with(new ColorJitter(0.8, 0.4, 0, 0.4, 0.1));
    AugmentSampler sampler = new AugmentSampler(google, 32);
    int jittered = 0;
    for (int i = 0; i < 2000; i++) {
      List<String> names =
          sample(sampler, 3, 0, i, 0, 40, 50).ops().stream()
              .map(op -> op.getClass().getSimpleName())
              .toList();
      // Every view ends in [0, 1], and so does what is blurred.
      boolean clamped = false;
      for (String name : names) {
        assertTrue(clamped || !name.equals("BlurZero"), names.toString());
        clamped =
            switch (name) {
              case "Clamp", "Brightness", "SaturationHsv" -> true;
              case "BlurZero" -> false;
              default -> clamped;
            };
      }
      assertTrue(clamped, names.toString());
      if (names.contains("Hue")) {
        jittered++;
        assertTrue(names.containsAll(List.of("Brightness", "SaturationHsv")), names.toString());
        // Hue does not clamp by itself, and contrast of strength 0 is a clamp and nothing else.
        if (names.getFirst().equals("Hue")) {
          assertEquals("Clamp", names.get(1));
        }
      }
    }
    assertEquals(1600, jittered, 90);
  }

  @Test
  void anOperationOfStrength0IsAClampForGoogle() {
    AugmentConfig config =
        AugmentConfig.NONE
            .withSemantics(Semantics.GOOGLE)
            .withOps(List.of(new ColorJitter(1, 0, 0.4, 0, 0)));
    AugmentParams[] drawn = draw(config, 32, 32);
    // Contrast is the first of the four in a quarter of the orders.
    assertShare(0.25, drawn, p -> p.ops().getFirst() instanceof ViewOp.ContrastChannels ? 1 : 0);
    assertShare(0.75, drawn, p -> p.ops().getFirst() instanceof ViewOp.Clamp ? 1 : 0);
  }

  @Test
  void switchingAnOperationOffLeavesTheOthersAlone() {
    for (Semantics semantics : Semantics.values()) {
      AugmentConfig config = EXTRAS_AND_CROP.withSemantics(semantics);
      AugmentSampler all = new AugmentSampler(config, SIZE);
      for (RandomOp off : config.ops()) {
        AugmentSampler fewer = new AugmentSampler(config.without(off.getClass()), SIZE);
        for (int i = 0; i < 300; i++) {
          AugmentParams p = sample(all, 1, 0, i, 0, 30, 40);
          AugmentParams q = sample(fewer, 1, 0, i, 0, 30, 40);
          assertEquals(box(p) + p.flip(), box(q) + q.flip());
          List<ViewOp> expected =
              p.ops().stream()
                  .filter(op -> !isOf(op, off) && !(op instanceof ViewOp.Clamp))
                  .toList();
          assertEquals(expected, without(q, ViewOp.Clamp.class), off.toString());
        }
      }
      AugmentSampler noCrop = new AugmentSampler(config.withCrop(RandomCrop.NONE), SIZE);
      AugmentSampler noFlip = new AugmentSampler(config.withFlip(0), SIZE);
      AugmentSampler noHue =
          new AugmentSampler(config.with(new ColorJitter(0.8, 0.4, 1.5, 0.4, 0)), SIZE);
      for (int i = 0; i < 500; i++) {
        AugmentParams p = sample(all, 1, 0, i, 0, 30, 40);
        AugmentParams r = sample(noCrop, 1, 0, i, 0, 30, 40);
        assertEquals("0 0 30 40", box(r));
        assertEquals(p.ops(), r.ops());
        AugmentParams f = sample(noFlip, 1, 0, i, 0, 30, 40);
        assertEquals(box(p) + false + p.ops(), box(f) + f.flip() + f.ops());
        AugmentParams s = sample(noHue, 1, 0, i, 0, 30, 40);
        assertEquals(
            without(p, ViewOp.Hue.class).stream()
                .filter(op -> !(op instanceof ViewOp.Clamp))
                .toList(),
            without(s, ViewOp.Clamp.class));
      }
    }
  }

  private static boolean isOf(ViewOp op, RandomOp random) {
    return switch (op) {
      case ViewOp.Brightness _,
          ViewOp.Contrast _,
          ViewOp.ContrastChannels _,
          ViewOp.Saturation _,
          ViewOp.SaturationHsv _,
          ViewOp.Hue _ ->
          random instanceof ColorJitter;
      case ViewOp.Gray _ -> random instanceof RandomGray;
      case ViewOp.Blur _, ViewOp.BlurZero _ -> random instanceof RandomBlur;
      case ViewOp.Solarize _ -> random instanceof RandomSolarize;
      case ViewOp.Equalize _ -> random instanceof RandomEqualize;
      case ViewOp.Cutout _ -> random instanceof RandomCutout;
      case ViewOp.Crop _ -> random instanceof RandomViewCrop;
      case ViewOp.Rotation _ -> random instanceof RandomRotation;
      case ViewOp.Sobel _ -> random instanceof RandomSobel;
      case ViewOp.Noise _ -> random instanceof RandomNoise;
      case ViewOp.Clamp _ -> false;
    };
  }

  /** The order of the list is the order of the operations, and changes nothing about them. */
  @Test
  void operationsAreAppliedInTheOrderOfThePipeline() {
    List<RandomOp> reversed = EXTRAS_AND_CROP.ops().reversed();
    AugmentSampler sampler = new AugmentSampler(EXTRAS_AND_CROP, SIZE);
    AugmentSampler backwards = new AugmentSampler(EXTRAS.withOps(reversed), SIZE);
    for (int i = 0; i < 300; i++) {
      AugmentParams p = sample(sampler, 4, 0, i, 1, 30, 40);
      AugmentParams q = sample(backwards, 4, 0, i, 1, 30, 40);
      assertEquals(box(p) + p.flip(), box(q) + q.flip());
      assertEquals(Set.copyOf(p.ops()), Set.copyOf(q.ops()));
      for (AugmentParams drawn : List.of(p, q)) {
        List<RandomOp> order = drawn == p ? EXTRAS_AND_CROP.ops() : reversed;
        int last = 0;
        for (ViewOp op : drawn.ops()) {
          int place =
              IntStream.range(0, order.size())
                  .filter(k -> isOf(op, order.get(k)))
                  .findFirst()
                  .orElse(-1);
          assertTrue(place >= last, drawn.toString());
          last = place;
        }
      }
    }
  }

  @Test
  void everyPartOfTheKeyMattersAndNothingElse() {
    AugmentSampler sampler = new AugmentSampler(ALL, SIZE);
    AugmentParams p = sample(sampler, 7, 2, 5, 0, 64, 64);
    sample(sampler, 1, 1, 1, 1, 10, 10);
    assertEquals(p, sample(sampler, 7, 2, 5, 0, 64, 64));
    assertEquals(p, sample(new AugmentSampler(ALL, SIZE), 7, 2, 5, 0, 64, 64));
    assertEquals(p, sampler.sample(new ViewKey(7, 2, 99, 5, 0), 64, 64));
    assertNotEquals(p, sample(sampler, 8, 2, 5, 0, 64, 64));
    assertNotEquals(p, sample(sampler, 7, 3, 5, 0, 64, 64));
    assertNotEquals(p, sample(sampler, 7, 2, 6, 0, 64, 64));
    assertNotEquals(p, sample(sampler, 7, 2, 5, 1, 64, 64));
  }

  /**
   * A change of these values changes which views a seed names, and with it every run. The first
   * implementation drew the very same ones.
   */
  @Test
  void drawsAreTheSameInEveryVersion() {
    AugmentSampler sampler = new AugmentSampler(ALL, SIZE);
    assertEquals(
        "AugmentParams[top=0, left=4, height=53, width=55, flip=true,"
            + " ops=[Contrast[factor=0.8288235], Hue[shift=-0.048324157],"
            + " Brightness[factor=0.9726464], Saturation[factor=1.3467735]]]",
        sample(sampler, 7, 2, 6, 1, 64, 64).toString());
    assertEquals(-310088542, hash(sampler));
    assertEquals(1743728766, hash(new AugmentSampler(EXTRAS, SIZE)));
    assertEquals(
        -1699588385, hash(new AugmentSampler(EXTRAS.withSemantics(Semantics.GOOGLE), SIZE)));
    assertEquals(-510040552, hash(new AugmentSampler(EXTRAS_AND_CROP, SIZE)));
    assertEquals(
        1309109255,
        hash(new AugmentSampler(EXTRAS_AND_CROP.withSemantics(Semantics.GOOGLE), SIZE)));
  }

  private static int hash(AugmentSampler sampler) {
    return IntStream.range(0, 1000)
        .mapToObj(i -> sample(sampler, i % 3, i % 5, i, i % 2, 48, 64).toString())
        .toList()
        .hashCode();
  }

  @Test
  void cropsOfLongImagesFallBackToTheCentre() {
    AugmentSampler sampler = new AugmentSampler(ALL, SIZE);
    Map<String, Integer> boxes = new HashMap<>();
    for (int i = 0; i < 200; i++) {
      AugmentParams p = sample(sampler, 0, 0, i, 0, 1, 500);
      assertEquals("0 1", p.top() + " " + p.height());
      boxes.merge(p.left() + " " + p.width(), 1, Integer::sum);
    }
    // int(round(1 * 4 / 3)) columns from (500 - 1) // 2, whatever was drawn.
    assertEquals(Map.of("249 1", 200), boxes);
    for (int i = 0; i < 200; i++) {
      assertEquals("0 0 1 1", box(sample(sampler, 0, 0, i, 0, 1, 1)));
    }
  }

  /** No crop of a tenth of such an image has an allowed ratio. */
  @Test
  void googlesCropsOfLongImagesAreTheWholeImage() {
    AugmentSampler sampler = new AugmentSampler(ALL.withSemantics(Semantics.GOOGLE), SIZE);
    for (int i = 0; i < 200; i++) {
      assertEquals("0 0 1 500", box(sample(sampler, 0, 0, i, 0, 1, 500)));
      assertEquals("0 0 1 1", box(sample(sampler, 0, 0, i, 0, 1, 1)));
      AugmentParams p = sample(sampler, 0, 0, i, 0, 60, 80);
      assertTrue(10 * p.height() * p.width() >= 60 * 80, p.toString());
      // The operator draws the offset below the difference, which it never is.
      assertTrue(p.top() < Math.max(1, 60 - p.height()), p.toString());
      assertTrue(p.left() < Math.max(1, 80 - p.width()), p.toString());
    }
  }

  @Test
  void ordersOfFewerOperationsAreEquallyLikely() {
    AugmentConfig config = AugmentConfig.NONE.withOps(List.of(new ColorJitter(1, 0.4, 0, 0, 0.1)));
    AugmentParams[] drawn = draw(config, 32, 32);
    assertShare(0.5, drawn, p -> p.ops().getFirst() instanceof ViewOp.Brightness ? 1 : 0);
    assertShare(0.5, drawn, p -> p.ops().getFirst() instanceof ViewOp.Hue ? 1 : 0);
    for (AugmentParams p : drawn) {
      assertEquals(2, p.ops().size());
    }
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
    AugmentSampler sampler = new AugmentSampler(ALL, SIZE);
    assertRefused("height is 0", () -> sample(sampler, 0, 0, 0, 0, 0, 1));
    assertRefused("view is 256", () -> sample(sampler, 0, 0, 0, 256, 1, 1));
    assertRefused("size is 0", () -> new AugmentSampler(ALL, 0));
    assertRefused("rotation probability is 1.5", () -> new RandomRotation(1.5));
    assertRefused("solarize threshold is 2.0", () -> new RandomSolarize(1, 2));
    assertRefused("largest cutout side is 1.5", () -> new RandomCutout(1, 0.5, 1.5));
    assertRefused("smallest noise std is 0.2", () -> new RandomNoise(1, 0.2, 0.1));
    assertRefused(
        "operations is [RandomGray[probability=0.1], RandomGray[probability=0.2]]",
        () -> ALL.withOps(List.of(new RandomGray(0.1), new RandomGray(0.2))));
    assertRefused(
        "largest crop area is 0.05",
        () -> ALL.withCrop(new RandomCrop(1, 0.01, 0.05, 1, 1)).withSemantics(Semantics.GOOGLE));
    assertRefused(
        "largest crop area is 0.05",
        () ->
            ALL.with(new RandomViewCrop(new RandomCrop(1, 0.01, 0.05, 1, 1)))
                .withSemantics(Semantics.GOOGLE));
    assertRefused("view crop top is -1", () -> new ViewOp.Crop(-1, 0, 1, 1));
    assertRefused("view crop left is -1", () -> new ViewOp.Crop(0, -1, 1, 1));
    assertRefused("view crop height is 0", () -> new ViewOp.Crop(0, 0, 0, 1));
    assertRefused("view crop width is 0", () -> new ViewOp.Crop(0, 0, 1, 0));
    assertRefused("hue shift is 0.75", () -> new ViewOp.Hue(0.75f));
    assertRefused("quarter turns is 4", () -> new ViewOp.Rotation(4));
    assertRefused("blur sigma is 0.0", () -> new ViewOp.Blur(0));
    assertRefused("contrast factor is NaN", () -> new ViewOp.Contrast(Float.NaN));
  }

  private static void assertRefused(String message, Runnable action) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, action::run);
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
    assertTrue(e.getMessage().contains("allowed: "), e.getMessage());
  }

  /** A distribution that is uniform in [0, 1). */
  private static void assertUniform(AugmentParams[] drawn, ToDoubleFunction<AugmentParams> value) {
    double[] values = Arrays.stream(drawn).mapToDouble(value).sorted().toArray();
    double distance = 0;
    for (int i = 0; i < values.length; i++) {
      distance = Math.max(distance, Math.abs(values[i] - (i + 0.5) / values.length));
    }
    // Exceeded once in a million times (Kolmogorov).
    assertTrue(distance < 2.7 / Math.sqrt(values.length), "distance " + distance);
  }

  /** Four standard errors. */
  private static void assertShare(
      double expected, AugmentParams[] drawn, ToDoubleFunction<AugmentParams> indicator) {
    double share = Arrays.stream(drawn).mapToDouble(indicator).sum() / DRAWS;
    assertEquals(expected, share, 4 * Math.sqrt(expected * (1 - expected) / DRAWS));
  }
}
