package dev.simclr.augment;

/**
 * The crops of TensorFlow's {@code SampleDistortedBoundingBoxV2} as the SimCLR reference calls it:
 * one object, which is the whole image, {@code min_object_covered} 0.1, 100 attempts, then the
 * whole image.
 *
 * <p>The aspect ratio is uniform; the height is uniform over the integers that it and the range of
 * areas allow; crops under a tenth of the image are refused; a crop that is smaller than the image
 * never lies at its last row or column. The arithmetic is the operator's, float32 included.
 */
final class GoogleCrop implements CropSampler {
  static final int ATTEMPTS = 100;

  /** Below half a pixel, for a width that just rounds down to that of the image. */
  private static final double ALMOST_HALF = 0.5 - 1e-7f;

  private final float minShare;
  private final float maxShare;
  private final float minRatio;
  private final float maxRatio;

  GoogleCrop(RandomCrop crop) {
    this.minShare = (float) crop.minArea();
    this.maxShare = (float) crop.maxArea();
    this.minRatio = (float) crop.minRatio();
    this.maxRatio = (float) crop.maxRatio();
  }

  @Override
  public Box draw(ViewWords words, int first, int height, int width) {
    float minArea = minShare * width * height;
    float maxArea = maxShare * width * height;
    float imageArea = (float) ((long) width * height);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      words.go(first + attempt);
      float ratio = words.uniformFloat(0) * (maxRatio - minRatio) + minRatio;
      int largest = largestHeight(maxArea, ratio, height, width);
      int smallest = Math.min(round(sqrt(minArea / ratio)), largest);
      int h = smallest + words.below(1, largest - smallest + 1);
      // Rounding may have led out of the range of areas by one row.
      if (area(h, ratio) < minArea) {
        h++;
      }
      if (area(h, ratio) > maxArea) {
        h--;
      }
      int w = round(h * ratio);
      float area = area(h, ratio);
      if (h > 0
          && h <= height
          && w > 0
          && w <= width
          && area >= minArea
          && area <= maxArea
          && area / imageArea >= AugmentConfig.GOOGLE_MIN_COVERED) {
        int top = h < height ? words.below(2, height - h) : 0;
        int left = w < width ? words.below(3, width - w) : 0;
        return new Box(top, left, h, w);
      }
    }
    return new Box(0, 0, height, width);
  }

  private static int largestHeight(float maxArea, float ratio, int height, int width) {
    int largest = round(sqrt(maxArea / ratio));
    if (round(largest * ratio) > width) {
      largest = (int) ((width + ALMOST_HALF) / ratio);
      if (round(largest * ratio) > width) {
        largest--;
      }
    }
    return Math.min(largest, height);
  }

  private static float area(int height, float ratio) {
    return (float) ((long) round(height * ratio) * height);
  }

  private static float sqrt(float x) {
    return (float) Math.sqrt(x);
  }

  /** To the nearest integer, halves to the even one. */
  private static int round(float x) {
    return (int) Math.rint(x);
  }
}
