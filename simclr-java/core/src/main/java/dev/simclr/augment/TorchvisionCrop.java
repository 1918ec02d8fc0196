package dev.simclr.augment;

/**
 * {@code RandomResizedCrop.get_params}, with its roundings: the share of the area and the logarithm
 * of the aspect ratio are uniform; after ten boxes that do not fit, the largest centred one with an
 * allowed ratio.
 *
 * <p>The aspect ratio needs a logarithm and an exponential; they are {@link StrictMath}'s, whose
 * result is the same bits on every machine.
 */
final class TorchvisionCrop implements CropSampler {
  private static final int ATTEMPTS = 10;

  private final RandomCrop crop;
  private final double minLogRatio;
  private final double maxLogRatio;

  TorchvisionCrop(RandomCrop crop) {
    this.crop = crop;
    this.minLogRatio = StrictMath.log(crop.minRatio());
    this.maxLogRatio = StrictMath.log(crop.maxRatio());
  }

  @Override
  public Box draw(ViewWords words, int first, int height, int width) {
    double area = (double) height * width;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      words.go(first + attempt);
      double target = area * words.uniform(0, crop.minArea(), crop.maxArea());
      double ratio = StrictMath.exp(words.uniform(1, minLogRatio, maxLogRatio));
      long w = (long) Math.rint(Math.sqrt(target * ratio));
      long h = (long) Math.rint(Math.sqrt(target / ratio));
      if (w > 0 && w <= width && h > 0 && h <= height) {
        int top = words.below(2, height - (int) h + 1);
        int left = words.below(3, width - (int) w + 1);
        return new Box(top, left, (int) h, (int) w);
      }
    }
    return centre(height, width);
  }

  /** The largest centred crop whose ratio is allowed, at least one pixel. */
  private Box centre(int height, int width) {
    double ratio = (double) width / height;
    int w = width;
    int h = height;
    if (ratio < crop.minRatio()) {
      h = Math.max(1, (int) Math.rint(w / crop.minRatio()));
    } else if (ratio > crop.maxRatio()) {
      w = Math.max(1, (int) Math.rint(h * crop.maxRatio()));
    }
    return new Box((height - h) / 2, (width - w) / 2, h, w);
  }
}
