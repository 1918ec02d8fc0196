package dev.simclr.eval;

import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Arrays;
import java.util.Objects;

/**
 * Weights and biases of a linear classifier on features h: the scores of the classes are W h + b.
 * Unchangeable.
 */
public final class LinearClassifier {
  private final double[] weight;
  private final double[] bias;

  /**
   * Creates a classifier.
   *
   * @param weight W, {@code [classes, D]}, row-major
   * @param bias b, one per class, at least one
   * @throws IllegalArgumentException if the lengths do not fit together
   */
  public LinearClassifier(double[] weight, double[] bias) {
    Objects.requireNonNull(weight, "weight");
    if (bias.length == 0 || weight.length == 0 || weight.length % bias.length != 0) {
      throw new IllegalArgumentException(
          "weight has "
              + weight.length
              + " values and bias "
              + bias.length
              + "; allowed: classes x D and classes");
    }
    this.weight = weight.clone();
    this.bias = bias.clone();
  }

  /** Returns the number of classes. */
  public int classes() {
    return bias.length;
  }

  /** Returns D. */
  public int dim() {
    return weight.length / bias.length;
  }

  /** Returns W, {@code [classes, D]}, row-major. */
  public double[] weight() {
    return weight.clone();
  }

  /** Returns b. */
  public double[] bias() {
    return bias.clone();
  }

  /**
   * Computes W h + b.
   *
   * @param features h, {@code [m, D]}, floating
   * @return {@code [m, classes]} of the same type, owned by the innermost scope
   * @throws IllegalArgumentException for another shape
   */
  public Tensor scores(Tensor features) {
    if (features.dim() != 2 || features.size(1) != dim()) {
      throw new IllegalArgumentException(
          "features have shape "
              + Arrays.toString(features.shape())
              + "; allowed: [m, "
              + dim()
              + "]");
    }
    double[] point = Arrays.copyOf(weight, weight.length + bias.length);
    System.arraycopy(bias, 0, point, weight.length, bias.length);
    try (var scope = TensorScope.open();
        var _ = GradMode.noGrad()) {
      return scope.keep(SoftmaxObjective.scores(features, point, classes(), dim()));
    }
  }

  /**
   * Predicts classes.
   *
   * @param features h, {@code [m, D]}, floating
   * @return m classes
   */
  public int[] predict(Tensor features) {
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      return Arrays.stream(scores(features).argmax(1, false).toLongArray())
          .mapToInt(Math::toIntExact)
          .toArray();
    }
  }
}
