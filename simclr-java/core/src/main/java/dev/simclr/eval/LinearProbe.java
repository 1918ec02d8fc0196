package dev.simclr.eval;

import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Arrays;

/**
 * A linear classifier on frozen features: multinomial logistic regression on features that are
 * standardised with the training set's mean and standard deviation.
 *
 * <p>It minimises mean cross-entropy + decay ||W||^2, with a free bias, by {@link Lbfgs}. The
 * function is convex, so the result depends on no seed and no learning rate.
 */
public final class LinearProbe {

  /** Weight decay of the evaluation protocol. */
  public static final double DEFAULT_DECAY = 1e-4;

  /** L-BFGS iterations of the evaluation protocol. */
  public static final int DEFAULT_ITERATIONS = 300;

  // Below this a feature is constant up to rounding, and dividing by it would only blow up noise.
  private static final double MIN_STD = 1e-6;
  private static final int TOP = 5;

  private final double[] mean;
  private final double[] std;
  private final int classes;
  private final Lbfgs.Result solution;

  private LinearProbe(double[] mean, double[] std, int classes, Lbfgs.Result solution) {
    this.mean = mean;
    this.std = std;
    this.classes = classes;
    this.solution = solution;
  }

  /**
   * Trains a probe with the evaluation protocol's decay and iterations.
   *
   * @param features training features, [n, D], float32 or float64, which is also the precision of
   *     the computation
   * @param labels their n classes, from 0 to {@code classes} - 1
   * @param classes number of classes
   * @return the trained probe
   * @throws IllegalArgumentException when sizes do not fit together or a label is out of range
   */
  public static LinearProbe fit(Tensor features, int[] labels, int classes) {
    return fit(
        features, labels, classes, DEFAULT_DECAY, Lbfgs.Options.iterations(DEFAULT_ITERATIONS));
  }

  /**
   * Trains a probe.
   *
   * @param features training features, [n, D], float32 or float64, which is also the precision of
   *     the computation
   * @param labels their n classes, from 0 to {@code classes} - 1
   * @param classes number of classes
   * @param decay coefficient of ||W||^2, 0 or more
   * @param options limits of the search
   * @return the trained probe
   * @throws IllegalArgumentException when sizes do not fit together or a value is out of range
   */
  public static LinearProbe fit(
      Tensor features, int[] labels, int classes, double decay, Lbfgs.Options options) {
    checkLabels(features, labels, classes, "features", "labels");
    if (!(decay >= 0) || Double.isInfinite(decay)) {
      throw new IllegalArgumentException("decay is " + decay + "; allowed: finite, 0 or more");
    }
    int dim = Math.toIntExact(features.size(1));
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      double[] mean = features.mean(false, 0).toDoubleArray();
      double[] std = features.std(0, 0, false).toDoubleArray();
      for (int i = 0; i < std.length; i++) {
        std[i] = std[i] < MIN_STD ? 1 : std[i];
      }
      Tensor x = standardized(features, mean, std);
      Tensor target =
          Labels.tensor(labels).oneHot(classes).to(features.dtype()).to(features.device());
      int size = Math.multiplyExact(classes, Math.addExact(dim, 1));
      Lbfgs.Result solution =
          Lbfgs.minimize(
              (point, gradient) -> objective(x, target, decay, point, gradient),
              new double[size],
              options);
      return new LinearProbe(mean, std, classes, solution);
    }
  }

  private static void checkLabels(
      Tensor features, int[] labels, int classes, String featuresName, String labelsName) {
    Labels.check(features, labels, featuresName, labelsName);
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] >= classes) {
        throw new IllegalArgumentException(
            labelsName + "[" + i + "] is " + labels[i] + "; allowed: 0 to " + (classes - 1));
      }
    }
    if (features.dtype() != DType.FLOAT32 && features.dtype() != DType.FLOAT64) {
      throw new IllegalArgumentException(
          featuresName + " are " + features.dtype() + "; allowed: FLOAT32, FLOAT64");
    }
  }

  /**
   * Value and gradient in closed form: with P = softmax(X W' + b) and targets Y, dW = (P - Y)' X /
   * n + 2 decay W and db = column means of P - Y.
   */
  private static double objective(
      Tensor x, Tensor target, double decay, double[] point, double[] gradient) {
    int classes = Math.toIntExact(target.size(1));
    int dim = Math.toIntExact(x.size(1));
    double count = x.size(0);
    try (var _ = TensorScope.open()) {
      Tensor logits = scores(x, point, classes, dim);
      Tensor logProbabilities = logits.logSoftmax(1);
      double entropy =
          -logProbabilities.mul(target).sum(false, 1).to(DType.FLOAT64).sum().item() / count;
      Tensor residual = logProbabilities.exp().sub(target);
      double[] weightGradient = residual.t().matmul(x).toDoubleArray();
      double[] biasGradient = residual.sum(false, 0).toDoubleArray();
      double penalty = 0;
      for (int i = 0; i < weightGradient.length; i++) {
        penalty += point[i] * point[i];
        gradient[i] = weightGradient[i] / count + 2 * decay * point[i];
      }
      for (int i = 0; i < classes; i++) {
        gradient[weightGradient.length + i] = biasGradient[i] / count;
      }
      return entropy + decay * penalty;
    }
  }

  /** Computes X W' + b for W, row-major, then b in one array. */
  private static Tensor scores(Tensor x, double[] point, int classes, int dim) {
    Tensor all = Tensor.of(point, point.length).to(x.dtype()).to(x.device());
    Tensor weight = all.narrow(0, 0, (long) classes * dim).reshape(classes, dim);
    Tensor bias = all.narrow(0, (long) classes * dim, classes);
    return x.linear(weight, bias);
  }

  private static Tensor standardized(Tensor features, double[] mean, double[] std) {
    DType dtype = features.dtype();
    Device device = features.device();
    Tensor centre = Tensor.of(mean, mean.length).to(dtype).to(device);
    Tensor scale = Tensor.of(std, std.length).to(dtype).to(device);
    return features.sub(centre).div(scale);
  }

  /**
   * Measures the probe.
   *
   * @param features [m, D], the training features' type
   * @param labels their m classes
   * @return top-1 and top-5 accuracy
   * @throws IllegalArgumentException when sizes do not fit together or a label is out of range
   */
  public Accuracy accuracy(Tensor features, int[] labels) {
    checkLabels(features, labels, classes, "features", "labels");
    int top = Math.min(TOP, classes);
    long[] ranked = ranked(features, top);
    int first = 0;
    int within = 0;
    for (int i = 0; i < labels.length; i++) {
      for (int rank = 0; rank < top; rank++) {
        if (ranked[i * top + rank] == labels[i]) {
          within++;
          first += rank == 0 ? 1 : 0;
        }
      }
    }
    return new Accuracy((double) first / labels.length, (double) within / labels.length);
  }

  /**
   * Predicts classes.
   *
   * @param features [m, D], the training features' type
   * @return m classes
   */
  public int[] predict(Tensor features) {
    return Arrays.stream(ranked(features, 1)).mapToInt(Math::toIntExact).toArray();
  }

  /** Returns the {@code top} best classes of each row, best first, row by row. */
  private long[] ranked(Tensor features, int top) {
    if (features.dim() != 2 || features.size(1) != mean.length) {
      throw new IllegalArgumentException(
          "features have shape "
              + Arrays.toString(features.shape())
              + "; allowed: [m, "
              + mean.length
              + "]");
    }
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      Tensor x = standardized(features, mean, std);
      return scores(x, solution.x(), classes, mean.length)
          .topk(top, 1, true, true)
          .indices()
          .toLongArray();
    }
  }

  /**
   * Returns the weights on standardised features.
   *
   * @return [classes, D], row-major
   */
  public double[] weight() {
    return Arrays.copyOf(solution.x(), classes * mean.length);
  }

  /**
   * Returns the biases.
   *
   * @return one per class; a constant added to all of them changes nothing
   */
  public double[] bias() {
    return Arrays.copyOfRange(solution.x(), classes * mean.length, solution.x().length);
  }

  /**
   * Returns what the training reached.
   *
   * @return mean cross-entropy in nats plus the penalty
   */
  public double loss() {
    return solution.value();
  }

  /**
   * Returns the length of the training.
   *
   * @return L-BFGS iterations
   */
  public int iterations() {
    return solution.iterations();
  }

  /**
   * Tells why the training ended.
   *
   * @return the reason
   */
  public Lbfgs.Stop stop() {
    return solution.stop();
  }
}
