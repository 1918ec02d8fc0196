package dev.simclr.augment;

import dev.simclr.random.Philox;
import dev.simclr.random.Purpose;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws the parameters of views, the one place where that is done. What is drawn is a function of
 * (seed, epoch, sample, view) and of the size of the image.
 *
 * <p>The distributions are torchvision's: {@code RandomResizedCrop.get_params}, {@code
 * RandomHorizontalFlip}, {@code ColorJitter} within {@code RandomApply}, {@code RandomGrayscale},
 * {@code GaussianBlur} within {@code RandomApply}. The aspect ratio of a crop needs a logarithm and
 * an exponential; they are {@link StrictMath}'s, whose result is the same bits on every machine,
 * and whatever applies a view is given the finished parameters.
 *
 * <p>Each parameter has a fixed place among the words of the Philox key of purpose {@link
 * Purpose#AUGMENT}, so one operation can be switched off without another draw for the rest. A word
 * w stands for u = w / 2^32.
 *
 * <table>
 *   <caption>Words of a view</caption>
 *   <tr><th>block</th><th>words</th></tr>
 *   <tr><td>0</td><td>flip, jitter, gray, blur: applied if u is below the probability</td></tr>
 *   <tr><td>1</td><td>brightness, contrast, saturation, hue: low + u (high - low)</td></tr>
 *   <tr><td>2</td><td>order: permutation floor(24 u) in lexicographic order; sigma; crop: applied if
 *       u is below the probability; unused</td></tr>
 *   <tr><td>16 + a</td><td>attempt a of the crop: area, log of the ratio, top, left</td></tr>
 * </table>
 *
 * <p>Immutable and thread safe.
 */
public final class AugmentSampler {
  private static final int BLOCK_SWITCHES = 0;
  private static final int BLOCK_FACTORS = 1;
  private static final int BLOCK_OTHERS = 2;
  private static final int BLOCK_CROP = 16;
  private static final int CROP_ATTEMPTS = 10;

  private final AugmentConfig config;
  private final double minLogRatio;
  private final double maxLogRatio;
  private final List<List<ColorOp>> orders;

  /** Makes a sampler of the given distributions. */
  public AugmentSampler(AugmentConfig config) {
    this.config = config;
    this.minLogRatio = StrictMath.log(config.crop().minRatio());
    this.maxLogRatio = StrictMath.log(config.crop().maxRatio());
    this.orders = orders(config.jitter());
  }

  /** What is drawn. */
  public AugmentConfig config() {
    return config;
  }

  /**
   * Draws the parameters of one view.
   *
   * @param seed the run's seed
   * @param epoch from 0
   * @param sample index of the image in its data set
   * @param view 0 to 255; 0 and 1 for the two views of SimCLR
   * @param height rows of the image, at least 1
   * @param width columns of the image, at least 1
   */
  public AugmentParams sample(long seed, long epoch, int sample, int view, int height, int width) {
    Checks.atLeast("height", height, 1);
    Checks.atLeast("width", width, 1);
    Key key = new Key(seed, epoch, sample, view, new int[4]);

    key.go(BLOCK_SWITCHES);
    boolean flip = key.uniform(0) < config.flip();
    boolean jitter = key.uniform(1) < config.jitter().probability();
    boolean gray = key.uniform(2) < config.gray();
    boolean blur = key.uniform(3) < config.blur().probability();

    key.go(BLOCK_FACTORS);
    float brightness = key.factor(0, config.jitter().brightness());
    float contrast = key.factor(1, config.jitter().contrast());
    float saturation = key.factor(2, config.jitter().saturation());
    float hue = (float) key.uniform(3, -config.jitter().hue(), config.jitter().hue());

    key.go(BLOCK_OTHERS);
    List<ColorOp> order = jitter ? orders.get(key.below(0, orders.size())) : List.of();
    float sigma =
        blur ? (float) key.uniform(1, config.blur().minSigma(), config.blur().maxSigma()) : 0;
    boolean crop = key.uniform(2) < config.crop().probability();

    Box box = crop ? crop(key, height, width) : new Box(0, 0, height, width);
    return new AugmentParams(
        box.top,
        box.left,
        box.height,
        box.width,
        flip,
        order,
        brightness,
        contrast,
        saturation,
        hue,
        gray,
        sigma);
  }

  /** {@code RandomResizedCrop.get_params}, with its roundings. */
  private Box crop(Key key, int height, int width) {
    double area = (double) height * width;
    for (int attempt = 0; attempt < CROP_ATTEMPTS; attempt++) {
      key.go(BLOCK_CROP + attempt);
      double target = area * key.uniform(0, config.crop().minArea(), config.crop().maxArea());
      double ratio = StrictMath.exp(key.uniform(1, minLogRatio, maxLogRatio));
      long w = (long) Math.rint(Math.sqrt(target * ratio));
      long h = (long) Math.rint(Math.sqrt(target / ratio));
      if (w > 0 && w <= width && h > 0 && h <= height) {
        int top = key.below(2, height - (int) h + 1);
        int left = key.below(3, width - (int) w + 1);
        return new Box(top, left, (int) h, (int) w);
      }
    }
    return centreCrop(height, width);
  }

  /** The largest centred crop whose ratio is allowed, at least one pixel. */
  private Box centreCrop(int height, int width) {
    double ratio = (double) width / height;
    int w = width;
    int h = height;
    if (ratio < config.crop().minRatio()) {
      h = Math.max(1, (int) Math.rint(w / config.crop().minRatio()));
    } else if (ratio > config.crop().maxRatio()) {
      w = Math.max(1, (int) Math.rint(h * config.crop().maxRatio()));
    }
    return new Box((height - h) / 2, (width - w) / 2, h, w);
  }

  /**
   * The 24 orders of the four operations, without those of strength 0: each of the remaining orders
   * is listed equally often.
   */
  private static List<List<ColorOp>> orders(ColorJitter jitter) {
    List<ColorOp> active = new ArrayList<>();
    for (ColorOp op : ColorOp.values()) {
      double strength =
          switch (op) {
            case BRIGHTNESS -> jitter.brightness();
            case CONTRAST -> jitter.contrast();
            case SATURATION -> jitter.saturation();
            case HUE -> jitter.hue();
          };
      if (strength > 0) {
        active.add(op);
      }
    }
    List<List<ColorOp>> orders = new ArrayList<>();
    permute(List.of(), List.of(ColorOp.values()), active, orders);
    return List.copyOf(orders);
  }

  private static void permute(
      List<ColorOp> start, List<ColorOp> rest, List<ColorOp> active, List<List<ColorOp>> orders) {
    if (rest.isEmpty()) {
      orders.add(start.stream().filter(active::contains).toList());
      return;
    }
    for (ColorOp next : rest) {
      List<ColorOp> longer = new ArrayList<>(start);
      longer.add(next);
      permute(longer, rest.stream().filter(op -> op != next).toList(), active, orders);
    }
  }

  private record Box(int top, int left, int height, int width) {}

  /** The words of one view, a block at a time. */
  private record Key(long seed, long epoch, int sample, int view, int[] words) {

    void go(int block) {
      Philox.words(seed, Purpose.AUGMENT, epoch, sample, view, block, words);
    }

    /** Uniform in [0, 1), a multiple of 2^-32. */
    double uniform(int word) {
      return (words[word] & 0xFFFFFFFFL) * 0x1p-32;
    }

    double uniform(int word, double low, double high) {
      return low + uniform(word) * (high - low);
    }

    /** The factor of an operation of the given strength. */
    float factor(int word, double strength) {
      return (float) uniform(word, Math.max(0, 1 - strength), 1 + strength);
    }

    /** Uniform in 0 to bound - 1, with a bias below bound / 2^32. */
    int below(int word, int bound) {
      return (int) ((words[word] & 0xFFFFFFFFL) * bound >>> 32);
    }
  }
}
