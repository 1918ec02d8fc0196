package dev.simclr.augment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How crops of views are drawn, and where the chain of the google semantics clamps them. */
class RandomViewCropTest {
  private static final int DRAWS = 100_000;
  private static final int SIZE = 37;
  private static final RandomCrop RANGES = new RandomCrop(1, 0.15, 0.8, 0.75, 1.6);

  private static AugmentParams sample(AugmentConfig config, int index) {
    return new AugmentSampler(config, SIZE).sample(new ViewKey(5, 1, 0, index, 1), SIZE, SIZE);
  }

  private static Stream<AugmentParams> draws(AugmentConfig config) {
    AugmentSampler sampler = new AugmentSampler(config, SIZE);
    return IntStream.range(0, DRAWS)
        .mapToObj(i -> sampler.sample(new ViewKey(5, 1, 0, i, 1), SIZE, SIZE));
  }

  private static ViewOp.Crop crop(AugmentParams params) {
    List<ViewOp> others = params.ops().subList(1, params.ops().size());
    assertTrue(others.stream().allMatch(ViewOp.Clamp.class::isInstance), params.toString());
    return (ViewOp.Crop) params.ops().getFirst();
  }

  /** The distribution is that of crops of images of the size of the view, drawn independently. */
  @ParameterizedTest
  @EnumSource(Semantics.class)
  void boxesAreDrawnAsThoseOfImages(Semantics semantics) {
    AugmentConfig none = AugmentConfig.NONE.withSemantics(semantics);
    ViewOp.Crop[] ofImages =
        draws(none.withCrop(RANGES))
            .map(p -> new ViewOp.Crop(p.top(), p.left(), p.height(), p.width()))
            .toArray(ViewOp.Crop[]::new);
    AugmentParams[] drawn =
        draws(none.with(new RandomViewCrop(RANGES))).toArray(AugmentParams[]::new);
    ViewOp.Crop[] ofViews =
        Arrays.stream(drawn).map(RandomViewCropTest::crop).toArray(ViewOp.Crop[]::new);
    for (int i = 0; i < DRAWS; i++) {
      ViewOp.Crop box = ofViews[i];
      assertTrue(box.top() + box.height() <= SIZE && box.left() + box.width() <= SIZE);
      assertEquals("0 0 37 37", box(drawn[i]));
    }
    List<ToDoubleFunction<ViewOp.Crop>> statistics =
        List.of(
            b -> b.height() * b.width(),
            b -> (double) b.width() / b.height(),
            ViewOp.Crop::top,
            ViewOp.Crop::left,
            b -> SIZE - b.top() - b.height());
    for (int k = 0; k < statistics.size(); k++) {
      assertSameDistribution(ofImages, ofViews, statistics.get(k), "statistic " + k);
    }
    long same = IntStream.range(0, DRAWS).filter(i -> ofImages[i].equals(ofViews[i])).count();
    assertTrue(same < DRAWS / 100, same + " boxes are alike");
  }

  private static String box(AugmentParams p) {
    return p.top() + " " + p.left() + " " + p.height() + " " + p.width();
  }

  /** Kolmogorov and Smirnov; exceeded once in ten thousand times, ties making it rarer. */
  private static void assertSameDistribution(
      ViewOp.Crop[] a, ViewOp.Crop[] b, ToDoubleFunction<ViewOp.Crop> statistic, String what) {
    double[] x = Arrays.stream(a).mapToDouble(statistic).sorted().toArray();
    double[] y = Arrays.stream(b).mapToDouble(statistic).sorted().toArray();
    double distance = 0;
    int i = 0;
    int j = 0;
    while (i < x.length && j < y.length) {
      double value = Math.min(x[i], y[j]);
      while (i < x.length && x[i] == value) {
        i++;
      }
      while (j < y.length && y[j] == value) {
        j++;
      }
      distance = Math.max(distance, Math.abs(i - j) / (double) x.length);
    }
    assertTrue(distance < 2.23 * Math.sqrt(2.0 / x.length), what + ": distance " + distance);
  }

  @Test
  void cropsHaveTheirProbabilityAndAreIndependentOfThoseOfTheImage() {
    RandomCrop some = new RandomCrop(0.3, 0.15, 0.8, 0.75, 1.6);
    AugmentConfig config =
        AugmentConfig.NONE
            .withCrop(new RandomCrop(0.5, 0.15, 0.8, 0.75, 1.6))
            .with(new RandomViewCrop(some));
    AugmentParams[] drawn = draws(config).toArray(AugmentParams[]::new);
    assertShare(0.3, Arrays.stream(drawn).filter(p -> !p.ops().isEmpty()).count());
    assertShare(
        0.5, Arrays.stream(drawn).filter(p -> p.height() < SIZE || p.width() < SIZE).count());
    assertShare(
        0.15,
        Arrays.stream(drawn)
            .filter(p -> !p.ops().isEmpty() && (p.height() < SIZE || p.width() < SIZE))
            .count());
  }

  /** Four standard errors. */
  private static void assertShare(double expected, long count) {
    double error = Math.sqrt(expected * (1 - expected) / DRAWS);
    assertEquals(expected, count / (double) DRAWS, 4 * error);
  }

  @Test
  void aCropOfAllOfTheViewIsLeftOut() {
    RandomCrop whole = new RandomCrop(1, 1, 1, 1, 1);
    for (Semantics semantics : Semantics.values()) {
      AugmentConfig config =
          AugmentConfig.NONE
              .withSemantics(semantics)
              .withOps(List.of(new RandomNoise(1, 0.1, 0.1), new RandomViewCrop(whole)));
      assertEquals(1, sample(config, 3).ops().size());
    }
  }

  /** A cubic filter leads out of [0, 1] again. */
  @Test
  void googleClampsWhatACropOvershoots() {
    RandomNoise noise = new RandomNoise(1, 0.1, 0.1);
    RandomViewCrop crop = new RandomViewCrop(RANGES);
    assertEquals(
        List.of("Noise", "Crop", "Gray", "Clamp"),
        names(Semantics.GOOGLE, noise, crop, new RandomGray(1)));
    assertEquals(
        List.of("Noise", "Crop", "Clamp", "BlurZero", "Clamp"),
        names(Semantics.GOOGLE, noise, crop, new RandomBlur(1, 0.1, 2)));
    assertEquals(
        List.of("Noise", "Crop", "Gray"),
        names(Semantics.TORCHVISION, noise, crop, new RandomGray(1)));
  }

  private static List<String> names(Semantics semantics, RandomOp... ops) {
    AugmentConfig config = AugmentConfig.NONE.withSemantics(semantics).withOps(List.of(ops));
    return sample(config, 3).ops().stream().map(op -> op.getClass().getSimpleName()).toList();
  }

  /** The chain with most clamps: hue first, a crop after an operation that clamps, then a blur. */
  @Test
  void theLongestChainFits() {
    AugmentConfig longest =
        AugmentConfig.NONE
            .withSemantics(Semantics.GOOGLE)
            .withOps(
                List.of(
                    new ColorJitter(1, 0.4, 0.4, 0.4, 0.1),
                    new RandomGray(1),
                    new RandomSolarize(1, 0.5),
                    new RandomEqualize(1),
                    new RandomCutout(1, 0.2, 0.5),
                    new RandomRotation(1),
                    new RandomSobel(1),
                    new RandomNoise(1, 0.1, 0.1),
                    new RandomViewCrop(RANGES),
                    new RandomBlur(1, 0.1, 2)));
    int most = IntStream.range(0, 1000).map(i -> sample(longest, i).ops().size()).max().getAsInt();
    assertEquals(AugmentParams.MAX_OPS, most);
  }
}
