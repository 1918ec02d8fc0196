package dev.simclr.eval;

import dev.simclr.compute.TensorCache;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Optional;

/**
 * Multinomial logistic regression with L2 regularisation, as the SimCLR paper evaluates transfer
 * (arXiv 2002.05709, appendix B.8.1): the minimum of
 *
 * <pre>
 *   sum of cross-entropy + lambda / 2 ||W||^2
 * </pre>
 *
 * <p>with a free bias, by {@link Lbfgs}. It is scikit-learn's {@code LogisticRegression(C = 1 /
 * lambda)}. Features are taken as they are; the search itself runs on standardised ones, with the
 * penalty converted, which changes its path but not the minimum.
 *
 * @param classifier the minimum
 * @param lambda weight of the penalty
 * @param objective the formula above at the minimum
 * @param iterations of L-BFGS
 * @param stop why the search ended
 */
public record LogisticRegression(
    LinearClassifier classifier, double lambda, double objective, int iterations, Lbfgs.Stop stop) {

  /** L-BFGS iterations unless others are asked for. */
  public static final int DEFAULT_ITERATIONS = 300;

  /**
   * Fits.
   *
   * @param features {@code [n, D]}, float32 or float64, which is also the precision of the
   *     computation
   * @param labels their n classes, from 0 to {@code classes} - 1
   * @param classes number of classes
   * @param lambda weight of the penalty, 0 or more
   * @param options limits of the search; its tolerances are those of the objective divided by n
   * @throws IllegalArgumentException when sizes do not fit together or a value is out of range
   */
  public static LogisticRegression fit(
      Tensor features, int[] labels, int classes, double lambda, Lbfgs.Options options) {
    return fit(features, labels, classes, lambda, options, Lbfgs.Progress.NONE);
  }

  /**
   * Fits, and tells how it goes.
   *
   * @param features as in {@link #fit(Tensor, int[], int, double, Lbfgs.Options)}
   * @param labels likewise
   * @param classes likewise
   * @param lambda likewise
   * @param options likewise
   * @param progress hears of each iteration, with the objective divided by n
   * @throws IllegalArgumentException when sizes do not fit together or a value is out of range
   */
  public static LogisticRegression fit(
      Tensor features,
      int[] labels,
      int classes,
      double lambda,
      Lbfgs.Options options,
      Lbfgs.Progress progress) {
    Labels.check(features, labels, classes, "features", "labels");
    try (var _ = TensorScope.open();
        var _ = TensorCache.open(features.device())) {
      return new Problem(features, labels, classes)
          .solve(lambda, options, Optional.empty(), progress)
          .model;
    }
  }

  /** One data set for several values of lambda. Belongs to the innermost scope. */
  static final class Problem {
    private final SoftmaxObjective objective;
    private final double count;

    /** A model, and the point where the search for the next one may begin. */
    record Solution(LogisticRegression model, double[] point) {}

    /** Parameters are checked by the caller. */
    Problem(Tensor features, int[] labels, int classes) {
      this.objective = SoftmaxObjective.of(features, labels, classes);
      this.count = labels.length;
    }

    Solution solve(
        double lambda, Lbfgs.Options options, Optional<double[]> start, Lbfgs.Progress progress) {
      requireLambda(lambda);
      double[] std = objective.std();
      double[] penalty = new double[std.length];
      for (int d = 0; d < penalty.length; d++) {
        // Of W = V / std, for the objective divided by n.
        penalty[d] = lambda / (2 * count * std[d] * std[d]);
      }
      Lbfgs.Result found =
          Lbfgs.minimize(
              objective.penalized(penalty),
              start.orElseGet(() -> new double[objective.size()]),
              options,
              progress);
      return new Solution(
          new LogisticRegression(
              objective.classifier(found.x()),
              lambda,
              found.value() * count,
              found.iterations(),
              found.stop()),
          found.x());
    }
  }

  static void requireLambda(double lambda) {
    if (!(lambda >= 0) || Double.isInfinite(lambda)) {
      throw new IllegalArgumentException("lambda is " + lambda + "; allowed: finite, 0 or more");
    }
  }
}
