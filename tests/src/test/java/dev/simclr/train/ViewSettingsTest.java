package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.simclr.augment.AugmentConfig;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.RandomBlur;
import dev.simclr.augment.RandomCrop;
import dev.simclr.augment.RandomNoise;
import dev.simclr.augment.RandomViewCrop;
import dev.simclr.augment.Semantics;
import dev.simclr.augment.ViewKey;
import dev.simclr.train.ViewSettings.Op;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where the crop comes in the order of the operations. */
class ViewSettingsTest {
  private static final RandomCrop CROP = new RandomCrop(1, 0.3, 0.9, 0.5, 2);
  private static final RandomNoise NOISE = new RandomNoise(0.7, 0.01, 0.1);
  private static final RandomBlur BLUR = new RandomBlur(0.6, 0.1, 2);

  private static ViewSettings.Builder settings(Op... order) {
    return ViewSettings.builder()
        .order(order)
        .cropMin(0.3)
        .cropMax(0.9)
        .ratioMin(0.5)
        .ratioMax(2)
        .noise(0.7)
        .noiseMin(0.01)
        .noiseMax(0.1)
        .blur(0.6);
  }

  private static AugmentConfig config(Op... order) {
    return settings(order).build().config(Semantics.TORCHVISION);
  }

  @Test
  void aCropThatIsNotListedComesBeforeAllElse() {
    assertEquals(
        new AugmentConfig(Semantics.TORCHVISION, CROP, 0.5, List.of(NOISE, BLUR)),
        config(Op.NOISE, Op.BLUR));
    assertEquals(new AugmentConfig(Semantics.TORCHVISION, CROP, 0.5, List.of()), config());
    assertEquals(
        List.of(
            Op.COLOR,
            Op.GRAY,
            Op.BLUR,
            Op.SOLARIZE,
            Op.EQUALIZE,
            Op.CUTOUT,
            Op.ROTATION,
            Op.SOBEL,
            Op.NOISE),
        ViewSettings.builder().build().order());
  }

  @Test
  void aCropThatIsListedFirstIsTheSame() {
    assertEquals(config(Op.NOISE, Op.BLUR), config(Op.CROP, Op.NOISE, Op.BLUR));
    assertEquals(config(), config(Op.CROP));
  }

  @Test
  void aCropAfterAnotherOperationIsOneOfThem() {
    assertEquals(
        new AugmentConfig(
            Semantics.TORCHVISION,
            RandomCrop.NONE,
            0.5,
            List.of(NOISE, new RandomViewCrop(CROP), BLUR)),
        config(Op.NOISE, Op.CROP, Op.BLUR));
    assertEquals(
        new AugmentConfig(
            Semantics.TORCHVISION, RandomCrop.NONE, 0.5, List.of(NOISE, new RandomViewCrop(CROP))),
        config(Op.NOISE, Op.CROP));
  }

  /** The warning names the crop exactly if no view is changed by it. */
  @Test
  void aCropThatKeepsTheViewIsIdle() {
    assertIdle(true, settings(Op.NOISE, Op.CROP).cropMin(1).cropMax(1));
    assertIdle(true, settings(Op.NOISE, Op.CROP).cropMin(1).cropMax(1).ratioMin(1).ratioMax(1));
    assertIdle(false, settings(Op.NOISE, Op.CROP).cropMin(1).cropMax(1).ratioMin(1.1));
    assertIdle(false, settings(Op.NOISE, Op.CROP).cropMin(1).cropMax(1).ratioMax(0.9));
    assertIdle(false, settings(Op.NOISE, Op.CROP).cropMax(1));
  }

  private static void assertIdle(boolean expected, ViewSettings.Builder builder) {
    ViewSettings settings = builder.build();
    assertEquals(
        expected ? List.of("view.order has crop, but view.crop_min is 1") : List.of(),
        settings.idle("view."));
    for (int size : new int[] {1, 7, 32, 33, 224}) {
      var sampler =
          new AugmentSampler(
              settings.config(Semantics.TORCHVISION).without(RandomNoise.class), size);
      long changed = 0;
      for (int i = 0; i < 2000; i++) {
        changed += sampler.sample(new ViewKey(1, 0, 0, i, 0), size, size).ops().size();
      }
      // One pixel is all that there is of a view of one.
      assertEquals(expected || size == 1, changed == 0, settings + " of " + size + " pixels");
    }
  }

  /** Of an image that is no square, such a crop changes the ratio of the sides. */
  @Test
  void aCropThatIsListedFirstIsNeverIdle() {
    ViewSettings settings = settings(Op.CROP, Op.NOISE).cropMin(1).cropMax(1).build();
    assertEquals(List.of(), settings.idle("view."));
  }
}
