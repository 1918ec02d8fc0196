package dev.simclr.model;

import dev.simclr.random.Philox;
import dev.simclr.random.Purpose;
import dev.simclr.torch.DType;
import dev.simclr.torch.Init;
import dev.simclr.torch.Tensor;

/**
 * Draws initial weights. The k-th tensor drawn has a seed that is computed from (seed, stream, k)
 * alone, so a layer's weights depend on no other layer's size and on no global generator.
 *
 * <p>All tensors are float32 on the CPU and owned by the innermost scope.
 */
public final class Initializer {

  /** Stream of encoders. */
  public static final int ENCODER = 0;

  /** Stream of projection heads. */
  public static final int HEAD = 1;

  /** Stream of classifiers that are trained on labels. */
  public static final int CLASSIFIER = 2;

  // P(|z| < 2) of a standard normal z: erf maps two standard deviations there.
  private static final double WITHIN_TWO_SIGMA = 0.954499736103641585;
  // Standard deviation of a standard normal cut off at +-2.
  private static final double TRUNCATED_STD = 0.87962566103423978;
  private static final double GOOGLE_DENSE_STD = 0.01;

  private final long seed;
  private final int stream;
  private final InitialWeights weights;
  private final boolean shapesOnly;
  private int drawn;

  /**
   * Creates an initializer at its first tensor.
   *
   * @param seed the run's seed
   * @param stream keeps the parts of a model apart: {@link #ENCODER}, {@link #HEAD}, ...; 0 to 255
   * @param weights which distributions
   */
  public Initializer(long seed, int stream, InitialWeights weights) {
    this(seed, stream, weights, false);
  }

  /** Creates an initializer at its first tensor, with a variant's own distributions. */
  public Initializer(long seed, int stream, Variant variant) {
    this(seed, stream, variant.initialWeights());
  }

  private Initializer(long seed, int stream, InitialWeights weights, boolean shapesOnly) {
    this.seed = seed;
    this.stream = stream;
    this.weights = weights;
    this.shapesOnly = shapesOnly;
  }

  /**
   * Creates an initializer for networks whose sizes alone are of interest: every weight is one zero
   * that has the shape of many, so the largest network takes no memory.
   *
   * @return the initializer
   */
  static Initializer shapesOnly(int stream, Variant variant) {
    return new Initializer(0, stream, variant.initialWeights(), true);
  }

  private static Tensor shape(long... sizes) {
    return Tensor.zeros(DType.FLOAT32, 1).expand(sizes);
  }

  private long nextSeed() {
    int[] words = new int[4];
    Philox.words(seed, Purpose.INIT, 0, drawn++, stream, 0, words);
    return Integer.toUnsignedLong(words[0]) | (long) words[1] << 32;
  }

  /**
   * Draws the weight of a convolution.
   *
   * @param shape [out, in, height, width]
   * @return the weight
   */
  public Tensor convWeight(long... shape) {
    if (shapesOnly) {
      return shape(shape);
    }
    long receptiveField = shape[2] * shape[3];
    Tensor weight = Tensor.empty(DType.FLOAT32, shape);
    switch (weights) {
      case TORCHVISION ->
          Init.normal_(weight, 0, Math.sqrt(2.0 / (shape[0] * receptiveField)), nextSeed());
      case PYTORCH -> {
        double bound = 1 / Math.sqrt(shape[1] * receptiveField);
        Init.uniform_(weight, -bound, bound, nextSeed());
      }
      case GOOGLE -> {
        double std = Math.sqrt(1.0 / (shape[1] * receptiveField)) / TRUNCATED_STD;
        Init.uniform_(weight, -WITHIN_TWO_SIGMA, WITHIN_TWO_SIGMA, nextSeed());
        weight.erfinv_().mul_(std * Math.sqrt(2));
      }
    }
    return weight;
  }

  /**
   * Draws the weight of a dense layer.
   *
   * @param out outputs
   * @param in inputs
   * @return the weight, [out, in]
   */
  public Tensor denseWeight(long out, long in) {
    if (shapesOnly) {
      return shape(out, in);
    }
    Tensor weight = Tensor.empty(DType.FLOAT32, out, in);
    switch (weights) {
      case TORCHVISION, PYTORCH -> {
        double bound = 1 / Math.sqrt(in);
        Init.uniform_(weight, -bound, bound, nextSeed());
      }
      case GOOGLE -> Init.normal_(weight, 0, GOOGLE_DENSE_STD, nextSeed());
    }
    return weight;
  }

  /**
   * Draws the bias of a dense layer.
   *
   * @param out outputs
   * @param in inputs of the layer
   * @return the bias, [out]; zero for GOOGLE
   */
  public Tensor denseBias(long out, long in) {
    return switch (weights) {
      case TORCHVISION, PYTORCH -> {
        Tensor bias = Tensor.empty(DType.FLOAT32, out);
        double bound = 1 / Math.sqrt(in);
        Init.uniform_(bias, -bound, bound, nextSeed());
        yield bias;
      }
      case GOOGLE -> Tensor.zeros(DType.FLOAT32, out);
    };
  }
}
