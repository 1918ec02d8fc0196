package dev.simclr.eval;

import dev.simclr.compute.TensorCache;
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
    return fit(features, labels, classes, decay, options, Lbfgs.Progress.NONE);
  }

  /**
   * Trains a probe with the evaluation protocol's decay and iterations, and tells how it goes.
   *
   * @param features as in {@link #fit(Tensor, int[], int)}
   * @param labels likewise
   * @param classes likewise
   * @param progress hears of each iteration
   * @return the trained probe
   * @throws IllegalArgumentException when sizes do not fit together or a label is out of range
   */
  public static LinearProbe fit(
      Tensor features, int[] labels, int classes, Lbfgs.Progress progress) {
    Lbfgs.Options options = Lbfgs.Options.iterations(DEFAULT_ITERATIONS);
    return fit(features, labels, classes, DEFAULT_DECAY, options, progress);
  }

  private static LinearProbe fit(
      Tensor features,
      int[] labels,
      int classes,
      double decay,
      Lbfgs.Options options,
      Lbfgs.Progress progress) {
    Labels.check(features, labels, classes, "features", "labels");
    if (!(decay >= 0) || Double.isInfinite(decay)) {
      throw new IllegalArgumentException("decay is " + decay + "; allowed: finite, 0 or more");
    }
    try (var _ = TensorScope.open();
        var _ = TensorCache.open(features.device())) {
      SoftmaxObjective objective = SoftmaxObjective.of(features, labels, classes);
      double[] penalty = new double[Math.toIntExact(features.size(1))];
      Arrays.fill(penalty, decay);
      Lbfgs.Result solution =
          Lbfgs.minimize(
              objective.penalized(penalty), new double[objective.size()], options, progress);
      return new LinearProbe(objective.mean(), objective.std(), classes, solution);
    }
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
    Labels.check(features, labels, classes, "features", "labels");
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
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      return scores(features).topk(top, 1, true, true).indices().toLongArray();
    }
  }

  /**
   * Computes the scores of the classes, up to a constant the logarithms of their probabilities.
   *
   * @param features [m, D], the training features' type
   * @return [m, classes], owned by the innermost scope
   * @throws IllegalArgumentException for another shape
   */
  public Tensor scores(Tensor features) {
    if (features.dim() != 2 || features.size(1) != mean.length) {
      throw new IllegalArgumentException(
          "features have shape "
              + Arrays.toString(features.shape())
              + "; allowed: [m, "
              + mean.length
              + "]");
    }
    try (var scope = TensorScope.open();
        var _ = GradMode.noGrad()) {
      Tensor x = SoftmaxObjective.standardized(features, mean, std);
      return scope.keep(SoftmaxObjective.scores(x, solution.x(), classes, mean.length));
    }
  }

  /**
   * Returns the same classifier on features as they are.
   *
   * @return weights and biases that include the standardisation
   */
  public LinearClassifier classifier() {
    return SoftmaxObjective.classifier(solution.x(), classes, mean, std);
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
