package dev.simclr.eval;

import dev.simclr.compute.TensorCache;
import dev.simclr.data.LabelledIndices;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Chooses lambda of {@link LogisticRegression} on held-out training data and fits again on all of
 * it (SimCLR, arXiv 2002.05709, appendix B.8.1).
 *
 * <p>A fifth of each class is held out, drawn by the seed. Of equally good values the largest is
 * chosen.
 *
 * @param candidates the values that were tried, in ascending order
 * @param model fitted on all training data with the value chosen
 */
public record LambdaSearch(List<Candidate> candidates, LogisticRegression model) {
  private static final double HELD_OUT = 0.2;
  private static final int VALUES = 45;
  private static final double LOG_SMALLEST = -6;
  private static final double LOG_LARGEST = 5;

  /**
   * A value of lambda.
   *
   * @param lambda weight of the penalty
   * @param accuracy top-1 accuracy on the held-out data
   */
  public record Candidate(double lambda, double accuracy) {}

  /** Hears how a search goes, on the thread that searches. */
  public interface Listener extends Lbfgs.Progress {
    /** Ignores all. */
    Listener NONE =
        new Listener() {
          @Override
          public void started(int heldOut, int all) {}

          @Override
          public void tried(Candidate candidate, int number, int values) {}

          @Override
          public void iterated(int iteration, double value) {}
        };

    /**
     * Before the first value is tried.
     *
     * @param heldOut samples that decide
     * @param all training samples, those included
     */
    void started(int heldOut, int all);

    /**
     * After each value.
     *
     * @param candidate the value
     * @param number how many were tried so far
     * @param values how many are tried in all
     */
    void tried(Candidate candidate, int number, int values);

    /** After each iteration of the last fit, on all samples. */
    @Override
    void iterated(int iteration, double value);
  }

  /** Copies the list. */
  public LambdaSearch {
    candidates = List.copyOf(candidates);
  }

  /** Returns the paper's 45 values, from 1e-6 to 1e5 with equal steps of the logarithm. */
  public static double[] paperValues() {
    return IntStream.range(0, VALUES)
        .mapToDouble(
            i -> Math.pow(10, LOG_SMALLEST + i * (LOG_LARGEST - LOG_SMALLEST) / (VALUES - 1)))
        .toArray();
  }

  /**
   * Searches.
   *
   * @param features training features, {@code [n, D]}, float32 or float64
   * @param labels their n classes, from 0 to {@code classes} - 1
   * @param classes number of classes
   * @param lambdas what is tried, at least one value
   * @param seed of the held-out part
   * @param options limits of each fit
   * @throws IllegalArgumentException when sizes do not fit together, a value is out of range, or no
   *     class has enough samples to hold one out
   */
  public static LambdaSearch run(
      Tensor features,
      int[] labels,
      int classes,
      double[] lambdas,
      long seed,
      Lbfgs.Options options) {
    return run(features, labels, classes, lambdas, seed, options, Listener.NONE);
  }

  /**
   * Searches, and tells how it goes.
   *
   * @param features as in {@link #run(Tensor, int[], int, double[], long, Lbfgs.Options)}
   * @param labels likewise
   * @param classes likewise
   * @param lambdas likewise
   * @param seed likewise
   * @param options likewise
   * @param listener hears of each value
   * @throws IllegalArgumentException likewise
   */
  public static LambdaSearch run(
      Tensor features,
      int[] labels,
      int classes,
      double[] lambdas,
      long seed,
      Lbfgs.Options options,
      Listener listener) {
    Labels.check(features, labels, classes, "features", "labels");
    if (lambdas.length == 0) {
      throw new IllegalArgumentException("lambdas is empty; allowed: at least one value");
    }
    Arrays.stream(lambdas).forEach(LogisticRegression::requireLambda);
    double[] ascending = Arrays.stream(lambdas).sorted().distinct().toArray();
    LabelledIndices.Parts parts = LabelledIndices.split(labels, classes, HELD_OUT, seed);
    if (parts.second().length == 0) {
      throw new IllegalArgumentException(
          "labels has "
              + labels.length
              + " values, too few to hold out a fifth of a class; allowed: 3 or more of one class");
    }
    listener.started(parts.second().length, labels.length);
    List<Candidate> candidates = new ArrayList<>();
    double best = ascending[0];
    double bestAccuracy = -1;
    try (var _ = TensorScope.open();
        var _ = TensorCache.open(features.device())) {
      Tensor held = rows(features, parts.second());
      int[] heldLabels = pick(labels, parts.second());
      var problem =
          new LogisticRegression.Problem(
              rows(features, parts.first()), pick(labels, parts.first()), classes);
      Optional<double[]> start = Optional.empty();
      // From the strongest penalty, whose minimum is near 0, each next minimum is near the last.
      for (int i = ascending.length - 1; i >= 0; i--) {
        var solution = problem.solve(ascending[i], options, start, Lbfgs.Progress.NONE);
        start = Optional.of(solution.point());
        double accuracy = accuracy(solution.model().classifier(), held, heldLabels);
        candidates.addFirst(new Candidate(ascending[i], accuracy));
        listener.tried(candidates.getFirst(), candidates.size(), ascending.length);
        if (accuracy > bestAccuracy) {
          best = ascending[i];
          bestAccuracy = accuracy;
        }
      }
    }
    return new LambdaSearch(
        candidates, LogisticRegression.fit(features, labels, classes, best, options, listener));
  }

  private static double accuracy(LinearClassifier classifier, Tensor features, int[] labels) {
    int[] predicted = classifier.predict(features);
    long correct = IntStream.range(0, labels.length).filter(i -> predicted[i] == labels[i]).count();
    return (double) correct / labels.length;
  }

  private static Tensor rows(Tensor features, int[] indices) {
    long[] wide = Arrays.stream(indices).asLongStream().toArray();
    return features.indexSelect(0, Tensor.of(wide, wide.length).to(features.device()));
  }

  private static int[] pick(int[] labels, int[] indices) {
    return Arrays.stream(indices).map(i -> labels[i]).toArray();
  }
}
