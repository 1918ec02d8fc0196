package dev.simclr.data;

/**
 * Makes images smaller with the antialiased bilinear filter of Pillow and torchvision: a triangle
 * as wide as the scale factor, at pixel centres, rows then columns, rounded once at the end.
 */
final class Downscaler {
  /**
   * For each output position, the first input position and the normalised weights from there on.
   */
  private record Weights(int[] first, float[][] weights) {}

  private Downscaler() {}

  /**
   * The image with its short side reduced to {@code shortSide}; the image itself if that is no
   * less.
   */
  static RgbImage limitShortSide(RgbImage image, int shortSide) {
    int height = image.height();
    int width = image.width();
    int side = Math.min(height, width);
    if (side <= shortSide) {
      return image;
    }
    // As torchvision's Resize(int): the long side is scaled alike and truncated.
    return height < width
        ? resize(image, shortSide, (int) ((long) shortSide * width / height))
        : resize(image, (int) ((long) shortSide * height / width), shortSide);
  }

  static RgbImage resize(RgbImage image, int height, int width) {
    if (height > image.height() || width > image.width()) {
      throw new IllegalArgumentException(
          "can only shrink, got " + image + " for " + height + " x " + width);
    }
    Weights columns = weights(image.width(), width);
    Weights rows = weights(image.height(), height);
    int stride = width * RgbImage.CHANNELS;
    byte[] out = new byte[height * stride];
    // A ring of filtered input rows, as many as one output row needs: memory stays small.
    int span = 0;
    for (float[] w : rows.weights) {
      span = Math.max(span, w.length);
    }
    float[][] ring = new float[span][stride];
    float[] sum = new float[stride];
    int filtered = 0;
    for (int y = 0; y < height; y++) {
      int first = rows.first[y];
      float[] w = rows.weights[y];
      filtered = Math.max(filtered, first);
      for (; filtered < first + w.length; filtered++) {
        filterRow(image, filtered, columns, ring[filtered % span]);
      }
      java.util.Arrays.fill(sum, 0.5f);
      for (int k = 0; k < w.length; k++) {
        float[] row = ring[(first + k) % span];
        float weight = w[k];
        for (int i = 0; i < stride; i++) {
          sum[i] += weight * row[i];
        }
      }
      for (int i = 0; i < stride; i++) {
        out[y * stride + i] = (byte) Math.clamp((int) sum[i], 0, 255);
      }
    }
    return new RgbImage(height, width, out);
  }

  private static void filterRow(RgbImage image, int y, Weights columns, float[] out) {
    byte[] pixels = image.array();
    int base = y * image.width() * RgbImage.CHANNELS;
    int at = 0;
    for (int x = 0; x < columns.first.length; x++) {
      int from = base + columns.first[x] * RgbImage.CHANNELS;
      float red = 0;
      float green = 0;
      float blue = 0;
      for (float weight : columns.weights[x]) {
        red += weight * (pixels[from] & 0xFF);
        green += weight * (pixels[from + 1] & 0xFF);
        blue += weight * (pixels[from + 2] & 0xFF);
        from += RgbImage.CHANNELS;
      }
      out[at++] = red;
      out[at++] = green;
      out[at++] = blue;
    }
  }

  private static Weights weights(int in, int out) {
    double scale = (double) in / out;
    int[] first = new int[out];
    float[][] weights = new float[out][];
    for (int i = 0; i < out; i++) {
      double centre = (i + 0.5) * scale;
      int from = Math.max(0, (int) (centre - scale + 0.5));
      int to = Math.min(in, (int) (centre + scale + 0.5));
      double[] w = new double[to - from];
      double total = 0;
      for (int k = 0; k < w.length; k++) {
        w[k] = Math.max(0, 1 - Math.abs((from + k + 0.5 - centre) / scale));
        total += w[k];
      }
      first[i] = from;
      weights[i] = new float[w.length];
      for (int k = 0; k < w.length; k++) {
        weights[i][k] = (float) (w[k] / total);
      }
    }
    return new Weights(first, weights);
  }
}
