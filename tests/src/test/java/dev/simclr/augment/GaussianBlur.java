package dev.simclr.augment;

import java.util.Arrays;

/**
 * Gaussian blur with reflected borders that do not repeat the edge pixel, as torchvision's {@code
 * gaussian_blur}, in two passes of one dimension.
 */
final class GaussianBlur {
  private final int size;
  private final int radius;
  private final float[] weights;
  private final float[] padded;
  private final float[] shifted;
  private final float[] sum;
  private final float[] between;

  /**
   * Makes the working memory.
   *
   * @param size rows and columns of a view
   * @param taps an odd number, at most 2 {@code size} - 1
   */
  GaussianBlur(int size, int taps) {
    this.size = size;
    this.radius = taps / 2;
    this.weights = new float[taps];
    this.padded = new float[size + 2 * radius];
    this.shifted = new float[size];
    this.sum = new float[size];
    this.between = new float[size * size];
  }

  /** Blurs a view. */
  void apply(Planes planes, float sigma) {
    computeWeights(sigma, weights);
    apply(planes.red());
    apply(planes.green());
    apply(planes.blue());
  }

  /**
   * Computes weights proportional to exp(-x^2 / (2 sigma^2)) at the integers around 0, with sum 1.
   * The exponential is {@link StrictMath}'s: every implementation is given these weights rather
   * than computing its own.
   */
  static void computeWeights(float sigma, float[] weights) {
    int radius = weights.length / 2;
    double scale = -0.5 / ((double) sigma * sigma);
    double total = 1;
    for (int x = 1; x <= radius; x++) {
      total += 2 * StrictMath.exp(scale * x * x);
    }
    for (int x = -radius; x <= radius; x++) {
      weights[radius + x] = (float) (StrictMath.exp(scale * x * x) / total);
    }
  }

  private void apply(float[] plane) {
    for (int y = 0; y < size; y++) {
      pad(plane, y * size);
      Arrays.fill(sum, 0);
      for (int t = 0; t < weights.length; t++) {
        addShifted(padded, t, weights[t]);
      }
      System.arraycopy(sum, 0, between, y * size, size);
    }
    for (int y = 0; y < size; y++) {
      Arrays.fill(sum, 0);
      for (int t = 0; t < weights.length; t++) {
        addShifted(between, reflect(y + t - radius) * size, weights[t]);
      }
      System.arraycopy(sum, 0, plane, y * size, size);
    }
  }

  private void pad(float[] plane, int offset) {
    System.arraycopy(plane, offset, padded, radius, size);
    for (int i = 1; i <= radius; i++) {
      padded[radius - i] = plane[offset + i];
      padded[radius + size - 1 + i] = plane[offset + size - 1 - i];
    }
  }

  private int reflect(int y) {
    return y < 0 ? -y : y >= size ? 2 * (size - 1) - y : y;
  }

  /** The copy lines both arrays up, which is what the compiler needs to use vector instructions. */
  private void addShifted(float[] from, int offset, float weight) {
    System.arraycopy(from, offset, shifted, 0, size);
    for (int i = 0; i < sum.length; i++) {
      sum[i] += weight * shifted[i];
    }
  }
}
