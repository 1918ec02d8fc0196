package dev.simclr.augment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The google semantics leave out clamps that change nothing. The SimCLR reference clamps after each
 * operation of the jitter, also after those of strength 0, before its blur and at the end; what is
 * drawn here must compute the same on views that a cubic resize has led out of [0, 1].
 */
class GoogleChainTest {
  private static final int SIZE = 24;
  private static final ViewFormat FORMAT =
      ViewFormat.of(SIZE).withInterpolation(Interpolation.BICUBIC_TENSORFLOW);

  @Test
  void clampsAreWhereTheReferenceHasThem() {
    Random random = new Random(1);
    int overshoots = 0;
    int unblurred = 0;
    for (int i = 0; i < 400; i++) {
      double[] strengths = new double[4];
      for (int k = 0; k < 4; k++) {
        strengths[k] = random.nextBoolean() ? 0 : 0.4;
      }
      List<RandomOp> ops =
          List.of(
              new ColorJitter(0.8, strengths[0], strengths[1], strengths[2], strengths[3] / 2),
              new RandomGray(0.2),
              new RandomBlur(0.5, 0.1, 2));
      AugmentConfig config = new AugmentConfig(Semantics.GOOGLE, RandomCrop.SIMCLR, 0.5, ops);
      AugmentParams drawn =
          new AugmentSampler(config, SIZE).sample(new ViewKey(1, 0, i, i, 0), 20, 20);
      MemorySegment image = EngineViews.noise(random, 20, 20);
      ReferenceAugmenter reference = new ReferenceAugmenter(FORMAT);
      double[] actual = reference.view(image, 20, 20, drawn);
      AugmentParams clamped = withAllClamps(drawn, jitterOrder(config, i));
      double[] expected = reference.view(image, 20, 20, clamped);
      assertArrayEquals(expected, actual, drawn.toString());

      AugmentParams bare =
          new AugmentParams(
              drawn.top(), drawn.left(), drawn.height(), drawn.width(), drawn.flip(), List.of());
      double[] resized = reference.view(image, 20, 20, bare);
      overshoots += Arrays.stream(resized).anyMatch(x -> x < 0 || x > 1) ? 1 : 0;
      unblurred += drawn.ops().stream().noneMatch(ViewOp.BlurZero.class::isInstance) ? 1 : 0;
    }
    assertTrue(overshoots > 300 && unblurred > 150 && unblurred < 250);
  }

  /** The kinds of the jitter of the same key when no strength is 0; none if it does not jitter. */
  private static List<Class<?>> jitterOrder(AugmentConfig config, int i) {
    AugmentConfig strong = config.with(new ColorJitter(0.8, 0.4, 0.4, 0.4, 0.1));
    AugmentParams drawn =
        new AugmentSampler(strong, SIZE).sample(new ViewKey(1, 0, i, i, 0), 20, 20);
    List<Class<?>> kinds = new ArrayList<>();
    for (ViewOp op : drawn.ops()) {
      if (isJitter(op)) {
        kinds.add(op.getClass());
      }
    }
    return kinds;
  }

  private static AugmentParams withAllClamps(AugmentParams drawn, List<Class<?>> jitter) {
    List<ViewOp> ops = new ArrayList<>();
    for (Class<?> kind : jitter) {
      drawn.ops().stream().filter(kind::isInstance).forEach(ops::add);
      ops.add(new ViewOp.Clamp());
    }
    for (ViewOp op : drawn.ops()) {
      if (op instanceof ViewOp.Gray) {
        ops.add(op);
      }
    }
    ops.add(new ViewOp.Clamp());
    for (ViewOp op : drawn.ops()) {
      if (op instanceof ViewOp.BlurZero) {
        ops.add(op);
      }
    }
    ops.add(new ViewOp.Clamp());
    return new AugmentParams(
        drawn.top(), drawn.left(), drawn.height(), drawn.width(), drawn.flip(), ops);
  }

  private static boolean isJitter(ViewOp op) {
    return switch (op) {
      case ViewOp.Brightness _, ViewOp.ContrastChannels _, ViewOp.SaturationHsv _, ViewOp.Hue _ ->
          true;
      default -> false;
    };
  }
}
