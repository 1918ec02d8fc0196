package dev.simclr.augment;

import dev.simclr.random.Purpose;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws the parameters of views, the one place where that is done. What is drawn is a function of a
 * {@link ViewKey} and of the size of the image.
 *
 * <p>With {@link Semantics#TORCHVISION} the distributions are those of {@code
 * RandomResizedCrop.get_params}, {@code RandomHorizontalFlip}, {@code ColorJitter} within {@code
 * RandomApply}, {@code RandomGrayscale} and {@code GaussianBlur} within {@code RandomApply}. With
 * {@link Semantics#GOOGLE} they are those of the SimCLR reference, whose blur has one sigma for all
 * images of a batch.
 *
 * <p>Each parameter has a fixed place among the words of the Philox key of purpose {@link
 * Purpose#AUGMENT}, whatever the order of the operations, so one operation can be switched off
 * without another draw for the rest. A word w stands for u = w / 2^32.
 *
 * <table>
 *   <caption>Words of a view</caption>
 *   <tr><th>block</th><th>words</th></tr>
 *   <tr><td>0</td><td>flip, jitter, gray, blur: applied if u is below the probability</td></tr>
 *   <tr><td>1</td><td>brightness, contrast, saturation, hue: low + u (high - low)</td></tr>
 *   <tr><td>2</td><td>order: permutation floor(24 u) in lexicographic order; sigma; crop, crop of the
 *       view: applied if u is below the probability</td></tr>
 *   <tr><td>3</td><td>solarize, equalize, cutout, rotation: applied if u is below the
 *       probability</td></tr>
 *   <tr><td>4</td><td>Sobel, noise: likewise; quarter turns; standard deviation of the noise</td></tr>
 *   <tr><td>5</td><td>cutout: side, row of the centre, column of the centre; unused</td></tr>
 *   <tr><td>6</td><td>key of the noise: low word, high word; unused</td></tr>
 *   <tr><td>16 + a</td><td>attempt a of the crop. torchvision: area, log of the ratio, top, left;
 *       google: ratio, height, top, left</td></tr>
 *   <tr><td>128 + a</td><td>attempt a of the crop of the view, likewise</td></tr>
 * </table>
 *
 * <p>The sigma of the google semantics is word 0 of block 0 of the key of purpose {@link
 * Purpose#BATCH} with the batch in place of the epoch and the sample 0.
 *
 * <p>Immutable and thread safe.
 */
public final class AugmentSampler {
  private static final int BLOCK_SWITCHES = 0;
  private static final int BLOCK_FACTORS = 1;
  private static final int BLOCK_OTHERS = 2;
  private static final int BLOCK_MORE_SWITCHES = 3;
  private static final int BLOCK_SOBEL_NOISE = 4;
  private static final int BLOCK_CUTOUT = 5;
  private static final int BLOCK_NOISE_KEY = 6;
  private static final int BLOCK_CROP = 16;
  private static final int BLOCK_VIEW_CROP = 128;

  private static final ViewOp GRAY = new ViewOp.Gray();
  private static final ViewOp EQUALIZE = new ViewOp.Equalize();
  private static final ViewOp SOBEL = new ViewOp.Sobel();
  private static final ViewOp CLAMP = new ViewOp.Clamp();

  private final AugmentConfig config;
  private final int size;
  private final boolean google;
  private final CropSampler crop;
  private final CropSampler viewCrop;
  private final double[] probabilities = new double[Switch.ALL.size()];

  /** What is applied or not, and the word that decides. */
  private enum Switch {
    FLIP(BLOCK_SWITCHES, 0),
    JITTER(BLOCK_SWITCHES, 1),
    GRAY(BLOCK_SWITCHES, 2),
    BLUR(BLOCK_SWITCHES, 3),
    SOLARIZE(BLOCK_MORE_SWITCHES, 0),
    EQUALIZE(BLOCK_MORE_SWITCHES, 1),
    CUTOUT(BLOCK_MORE_SWITCHES, 2),
    ROTATION(BLOCK_MORE_SWITCHES, 3),
    SOBEL(BLOCK_SOBEL_NOISE, 0),
    NOISE(BLOCK_SOBEL_NOISE, 1),
    // Last, since the order of the jitter, which comes next, is in the same block.
    CROP(BLOCK_OTHERS, 2),
    VIEW_CROP(BLOCK_OTHERS, 3);

    private static final List<Switch> ALL = List.of(values());

    private final int block;
    private final int word;

    Switch(int block, int word) {
      this.block = block;
      this.word = word;
    }

    boolean isOn(int switches) {
      return (switches & 1 << ordinal()) != 0;
    }
  }

  /**
   * Makes a sampler.
   *
   * @param config the distributions
   * @param size rows and columns of the views, at least 1
   */
  public AugmentSampler(AugmentConfig config, int size) {
    Checks.atLeast("size", size, 1);
    this.config = config;
    this.size = size;
    this.google = config.semantics() == Semantics.GOOGLE;
    this.crop = CropSampler.of(config.semantics(), config.crop());
    this.viewCrop =
        CropSampler.of(
            config.semantics(),
            config.op(RandomViewCrop.class).map(RandomViewCrop::crop).orElse(RandomCrop.NONE));
    probabilities[Switch.FLIP.ordinal()] = config.flip();
    probabilities[Switch.CROP.ordinal()] = config.crop().probability();
    for (RandomOp op : config.ops()) {
      probabilities[switchOf(op).ordinal()] = op.probability();
    }
  }

  private static Switch switchOf(RandomOp op) {
    return switch (op) {
      case ColorJitter _ -> Switch.JITTER;
      case RandomGray _ -> Switch.GRAY;
      case RandomBlur _ -> Switch.BLUR;
      case RandomSolarize _ -> Switch.SOLARIZE;
      case RandomEqualize _ -> Switch.EQUALIZE;
      case RandomCutout _ -> Switch.CUTOUT;
      case RandomRotation _ -> Switch.ROTATION;
      case RandomSobel _ -> Switch.SOBEL;
      case RandomNoise _ -> Switch.NOISE;
      case RandomViewCrop _ -> Switch.VIEW_CROP;
    };
  }

  /** What is drawn. */
  public AugmentConfig config() {
    return config;
  }

  /**
   * Draws the parameters of one view.
   *
   * @param key which view
   * @param height rows of the image, at least 1
   * @param width columns of the image, at least 1
   */
  public AugmentParams sample(ViewKey key, int height, int width) {
    Checks.atLeast("height", height, 1);
    Checks.atLeast("width", width, 1);
    ViewWords words = new ViewWords(key);
    int on = switches(words);
    List<ViewOp> ops = new Chain(words, on).draw();
    CropSampler.Box box =
        Switch.CROP.isOn(on)
            ? crop.draw(words, BLOCK_CROP, height, width)
            : new CropSampler.Box(0, 0, height, width);
    boolean flip = Switch.FLIP.isOn(on);
    return new AugmentParams(box.top(), box.left(), box.height(), box.width(), flip, ops);
  }

  /** A bit for each switch. */
  private int switches(ViewWords words) {
    int on = 0;
    for (int i = 0; i < probabilities.length; i++) {
      if (probabilities[i] > 0) {
        Switch which = Switch.ALL.get(i);
        words.go(which.block);
        if (words.uniform(which.word) < probabilities[i]) {
          on |= 1 << i;
        }
      }
    }
    return on;
  }

  /** The operations of one view, as they are drawn one after another. */
  private final class Chain {
    private final ViewWords words;
    private final int on;
    private final List<ViewOp> ops = new ArrayList<>();

    /** Whether all values are known to be in [0, 1]; a cubic resize may overshoot. */
    private boolean clamped;

    Chain(ViewWords words, int on) {
      this.words = words;
      this.on = on;
    }

    List<ViewOp> draw() {
      for (RandomOp op : config.ops()) {
        if (google && op instanceof RandomBlur) {
          // The reference clamps before its blur, and after it, whether an image is blurred or not.
          clamp();
        }
        if (switchOf(op).isOn(on)) {
          apply(op);
        }
      }
      if (google) {
        clamp();
      }
      return List.copyOf(ops);
    }

    private void clamp() {
      if (!clamped) {
        ops.add(CLAMP);
        clamped = true;
      }
    }

    private void apply(RandomOp op) {
      switch (op) {
        case ColorJitter jitter -> jitter(jitter);
        case RandomGray _ -> ops.add(GRAY);
        case RandomBlur blur -> blur(blur);
        case RandomSolarize solarize -> ops.add(new ViewOp.Solarize((float) solarize.threshold()));
        case RandomEqualize _ -> ops.add(EQUALIZE);
        case RandomCutout cutout -> cutout(cutout);
        case RandomRotation _ -> rotation();
        case RandomSobel _ -> {
          ops.add(SOBEL);
          clamped = true;
        }
        case RandomNoise noise -> noise(noise);
        case RandomViewCrop _ -> crop();
      }
    }

    private void jitter(ColorJitter jitter) {
      words.go(BLOCK_OTHERS);
      int[] order = JitterOrders.order(words.below(0, JitterOrders.count()));
      words.go(BLOCK_FACTORS);
      for (int number : order) {
        double strength = strength(jitter, number);
        if (strength > 0) {
          ops.add(colorOp(number, strength));
          // All but hue clamp by themselves.
          clamped |= number != JitterOrders.HUE;
        }
        if (google) {
          clamp();
        }
      }
    }

    private static double strength(ColorJitter jitter, int number) {
      return switch (number) {
        case JitterOrders.BRIGHTNESS -> jitter.brightness();
        case JitterOrders.CONTRAST -> jitter.contrast();
        case JitterOrders.SATURATION -> jitter.saturation();
        default -> jitter.hue();
      };
    }

    private ViewOp colorOp(int number, double strength) {
      if (number == JitterOrders.HUE) {
        return new ViewOp.Hue((float) words.uniform(number, -strength, strength));
      }
      float factor = (float) words.uniform(number, Math.max(0, 1 - strength), 1 + strength);
      return switch (number) {
        case JitterOrders.BRIGHTNESS -> new ViewOp.Brightness(factor);
        case JitterOrders.CONTRAST ->
            google ? new ViewOp.ContrastChannels(factor) : new ViewOp.Contrast(factor);
        default -> google ? new ViewOp.SaturationHsv(factor) : new ViewOp.Saturation(factor);
      };
    }

    private void blur(RandomBlur blur) {
      if (google) {
        words.goBatch(0);
        ops.add(new ViewOp.BlurZero((float) words.uniform(0, blur.minSigma(), blur.maxSigma())));
        clamped = false;
      } else {
        words.go(BLOCK_OTHERS);
        ops.add(new ViewOp.Blur((float) words.uniform(1, blur.minSigma(), blur.maxSigma())));
      }
    }

    private void cutout(RandomCutout cutout) {
      words.go(BLOCK_CUTOUT);
      double share = words.uniform(0, cutout.minSide(), cutout.maxSide());
      int side = Math.max(1, (int) Math.rint(share * size));
      int top = words.below(1, size) - side / 2;
      int left = words.below(2, size) - side / 2;
      int firstRow = Math.max(0, top);
      int firstColumn = Math.max(0, left);
      ops.add(
          new ViewOp.Cutout(
              firstRow,
              firstColumn,
              Math.min(size, top + side) - firstRow,
              Math.min(size, left + side) - firstColumn));
    }

    private void crop() {
      CropSampler.Box box = viewCrop.draw(words, BLOCK_VIEW_CROP, size, size);
      if (box.height() < size || box.width() < size) {
        ops.add(new ViewOp.Crop(box.top(), box.left(), box.height(), box.width()));
        clamped = false;
      }
    }

    private void rotation() {
      words.go(BLOCK_SOBEL_NOISE);
      int turns = words.below(2, 4);
      if (turns > 0) {
        ops.add(new ViewOp.Rotation(turns));
      }
    }

    private void noise(RandomNoise noise) {
      words.go(BLOCK_SOBEL_NOISE);
      float std = (float) words.uniform(3, noise.minStd(), noise.maxStd());
      words.go(BLOCK_NOISE_KEY);
      long key = (long) words.word(1) << 32 | words.word(0) & 0xFFFFFFFFL;
      ops.add(new ViewOp.Noise(std, key));
      clamped = true;
    }
  }
}
