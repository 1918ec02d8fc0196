package dev.simclr.augment;

/**
 * The weights of a resize as a dense matrix in double precision, from the definitions; only the
 * place of an output pixel is rounded as PyTorch and TensorFlow round it, to float32, since at the
 * edge of an image another rounding moves a weight by more than a float32 result may be off.
 */
final class ReferenceResize {

  private ReferenceResize() {}

  /**
   * Returns the weight of each input pixel, [outputs, in].
   *
   * @param in input pixels
   * @param full output pixels of the whole resize
   * @param first the output pixel that is number 0 of the result
   * @param outputs how many output pixels from there
   */
  static double[][] weights(
      Interpolation interpolation, int in, long full, long first, int outputs) {
    double[][] weights = new double[outputs][];
    for (int i = 0; i < outputs; i++) {
      double[] row =
          interpolation == Interpolation.BICUBIC_TENSORFLOW
              ? tensorflow(in, full, first + i)
              : antialiased(interpolation, in, full, first + i);
      double sum = 0;
      for (double weight : row) {
        sum += weight;
      }
      for (int j = 0; j < in; j++) {
        row[j] /= sum;
      }
      weights[i] = row;
    }
    return weights;
  }

  /** A filter around the centre of the output pixel, as wide as the output pixels are apart. */
  private static double[] antialiased(Interpolation interpolation, int in, long full, long output) {
    float scale = (float) in / full;
    float centre = (float) (scale * (output + 0.5));
    double stretch = Math.max(scale, 1.0);
    double[] row = new double[in];
    for (int j = 0; j < in; j++) {
      double distance = Math.abs(j + 0.5 - centre) / stretch;
      row[j] = interpolation == Interpolation.BILINEAR ? triangle(distance) : cubic(distance);
    }
    return row;
  }

  /** Keys' filter at distances that are rounded to 1/1024, whatever the scale. */
  private static double[] tensorflow(int in, long full, long output) {
    float scale = (float) in / full;
    float place = (output + 0.5f) * scale - 0.5f;
    int whole = (int) Math.floor(place);
    double fraction = Math.rint((place - whole) * 1024.0) / 1024;
    double[] row = new double[in];
    for (int tap = -1; tap <= 2; tap++) {
      if (whole + tap >= 0 && whole + tap < in) {
        row[whole + tap] = cubic(Math.abs(tap - fraction));
      }
    }
    return row;
  }

  private static double triangle(double distance) {
    return Math.max(0, 1 - distance);
  }

  /** Keys, "Cubic convolution interpolation for digital image processing" (1981), a = -0.5. */
  private static double cubic(double distance) {
    if (distance >= 2) {
      return 0;
    }
    double square = distance * distance;
    return distance < 1
        ? 1.5 * square * distance - 2.5 * square + 1
        : -0.5 * square * distance + 2.5 * square - 4 * distance + 2;
  }
}
