package dev.simclr.augment;

/**
 * The weights of one direction of a resize: which input pixels make up each output pixel.
 *
 * <p>These are the weights of PyTorch's {@code interpolate(antialias=True)} on float32 (ATen's
 * UpSampleKernel.cpp), with its mixture of float and double, because at a few hundred pixels
 * another rounding of the centre moves a weight by 1e-5. Only + - * / are used, so every
 * implementation can compute the same bits. The arrays are reused from call to call.
 */
final class ResizeTable {
  private final Interpolation interpolation;
  private final int[] start;
  private final int[] end;
  private int stride;
  private float[] weights = new float[0];

  /**
   * Makes an empty table.
   *
   * @param outputs number of output pixels it describes
   */
  ResizeTable(Interpolation interpolation, int outputs) {
    this.interpolation = interpolation;
    this.start = new int[outputs];
    this.end = new int[outputs];
  }

  /**
   * Computes the weights of a window of the output.
   *
   * @param in input pixels
   * @param out output pixels of the whole resize, of which the table holds a part
   * @param first the output pixel that is number 0 of the table
   */
  void compute(int in, long out, long first) {
    int taps = interpolation == Interpolation.BILINEAR ? 2 : 4;
    float scale = (float) in / out;
    float support = scale >= 1 ? (float) (taps * 0.5 * scale) : taps * 0.5f;
    float inverse = scale >= 1 ? (float) (1.0 / scale) : 1;
    stride = (int) Math.ceil(support) * 2 + 1;
    if (weights.length < start.length * stride) {
      weights = new float[start.length * stride];
    }
    for (int i = 0; i < start.length; i++) {
      float centre = (float) (scale * (first + i + 0.5));
      int from = Math.max((int) (centre - support + 0.5), 0);
      int to = Math.min((int) (centre + support + 0.5), in);
      to = Math.min(to, from + stride);
      start[i] = from;
      end[i] = to;
      int offset = i * stride;
      float total = 0;
      for (int j = from; j < to; j++) {
        float weight = filter((float) ((j - centre + 0.5) * inverse));
        weights[offset + j - from] = weight;
        total += weight;
      }
      for (int j = from; j < to; j++) {
        weights[offset + j - from] /= total;
      }
    }
  }

  /** The first input pixel of an output pixel; never decreases. */
  int start(int output) {
    return start[output];
  }

  /** The input pixel after the last one of an output pixel; never decreases. */
  int end(int output) {
    return end[output];
  }

  /** Where in {@link #weights()} the weight of {@code start(output)} is; the others follow it. */
  int offset(int output) {
    return output * stride;
  }

  /** The weights. */
  float[] weights() {
    return weights;
  }

  private float filter(float signed) {
    float x = Math.abs(signed);
    if (interpolation == Interpolation.BILINEAR) {
      return x < 1 ? 1 - x : 0;
    }
    // Keys, "Cubic convolution interpolation for digital image processing" (1981), equation 15.
    float a = -0.5f;
    if (x < 1) {
      return ((a + 2) * x - (a + 3)) * x * x + 1;
    }
    return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
  }
}
