package dev.simclr.eval;

import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;

/**
 * Mean cross-entropy of softmax(x V' + b), plus a penalty sum_cd p_d V_cd^2, where x are features
 * that are standardised with their own mean and standard deviation. A point of {@link Lbfgs} is V,
 * row-major, then b. Belongs to the innermost scope at its creation.
 */
final class SoftmaxObjective implements Lbfgs.Objective {
  // Below this a feature is constant up to rounding, and dividing by it would only blow up noise.
  private static final double MIN_STD = 1e-6;

  private final Tensor x;
  private final Tensor target;
  private final int classes;
  private final double[] mean;
  private final double[] std;
  private final double[] penalty;

  private SoftmaxObjective(
      Tensor x, Tensor target, int classes, double[] mean, double[] std, double[] penalty) {
    this.x = x;
    this.target = target;
    this.classes = classes;
    this.mean = mean;
    this.std = std;
    this.penalty = penalty;
  }

  /**
   * Standardises.
   *
   * @param features {@code [n, D]}, float32 or float64
   * @param labels n classes below {@code classes}
   */
  static SoftmaxObjective of(Tensor features, int[] labels, int classes) {
    try (var scope = TensorScope.open();
        var _ = GradMode.noGrad()) {
      double[] mean = features.mean(false, 0).toDoubleArray();
      double[] std = features.std(0, 0, false).toDoubleArray();
      for (int i = 0; i < std.length; i++) {
        std[i] = std[i] < MIN_STD ? 1 : std[i];
      }
      Tensor x = scope.keep(standardized(features, mean, std));
      Tensor target =
          scope.keep(
              Labels.tensor(labels).oneHot(classes).to(features.dtype()).to(features.device()));
      return new SoftmaxObjective(x, target, classes, mean, std, new double[mean.length]);
    }
  }

  /** Returns the same with another penalty, D coefficients. */
  SoftmaxObjective penalized(double[] coefficients) {
    return new SoftmaxObjective(x, target, classes, mean, std, coefficients);
  }

  double[] mean() {
    return mean;
  }

  double[] std() {
    return std;
  }

  /** Returns the length of a point. */
  int size() {
    return Math.multiplyExact(classes, Math.addExact(mean.length, 1));
  }

  /**
   * Value and gradient in closed form: with P = softmax(X V' + b) and targets Y, dV = (P - Y)' X /
   * n + 2 p V and db = column means of P - Y.
   */
  @Override
  public double evaluate(double[] point, double[] gradient) {
    int dim = mean.length;
    double count = x.size(0);
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      Tensor logProbabilities = scores(x, point, classes, dim).logSoftmax(1);
      double entropy =
          -logProbabilities.mul(target).sum(false, 1).to(DType.FLOAT64).sum().item() / count;
      Tensor residual = logProbabilities.exp().sub(target);
      double[] weightGradient = residual.t().matmul(x).toDoubleArray();
      double[] biasGradient = residual.sum(false, 0).toDoubleArray();
      double sum = 0;
      for (int i = 0; i < weightGradient.length; i++) {
        double p = penalty[i % dim];
        sum += p * point[i] * point[i];
        gradient[i] = weightGradient[i] / count + 2 * p * point[i];
      }
      for (int i = 0; i < classes; i++) {
        gradient[weightGradient.length + i] = biasGradient[i] / count;
      }
      return entropy + sum;
    }
  }

  /** Computes X V' + b for V, row-major, then b in one array. */
  static Tensor scores(Tensor x, double[] point, int classes, int dim) {
    Tensor all = Tensor.of(point, point.length).to(x.dtype()).to(x.device());
    Tensor weight = all.narrow(0, 0, (long) classes * dim).reshape(classes, dim);
    Tensor bias = all.narrow(0, (long) classes * dim, classes);
    return x.linear(weight, bias);
  }

  static Tensor standardized(Tensor features, double[] mean, double[] std) {
    DType dtype = features.dtype();
    Device device = features.device();
    Tensor centre = Tensor.of(mean, mean.length).to(dtype).to(device);
    Tensor scale = Tensor.of(std, std.length).to(dtype).to(device);
    return features.sub(centre).div(scale);
  }

  /** Expresses a point in the features as they were: W = V / std, b - W mean. */
  LinearClassifier classifier(double[] point) {
    return classifier(point, classes, mean, std);
  }

  static LinearClassifier classifier(double[] point, int classes, double[] mean, double[] std) {
    int dim = mean.length;
    double[] weight = new double[classes * dim];
    double[] bias = new double[classes];
    for (int c = 0; c < classes; c++) {
      bias[c] = point[classes * dim + c];
      for (int d = 0; d < dim; d++) {
        weight[c * dim + d] = point[c * dim + d] / std[d];
        bias[c] -= weight[c * dim + d] * mean[d];
      }
    }
    return new LinearClassifier(weight, bias);
  }
}
