package dev.simclr.eval;

import dev.simclr.torch.DType;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Nn;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Arrays;

/**
 * Classifies by a weighted vote of the k nearest training features (Wu et al. 2018, arXiv
 * 1805.01978, section 3.4): each of the k most similar ones votes for its class with exp(cos / T).
 * Features are L2-normalised here, so that they need not be before.
 *
 * <p>Similarities are computed for as many queries at a time as fit into 64 MiB, so memory does not
 * grow with the number of queries.
 *
 * @param k voters, at least 1; all training features vote when there are fewer
 * @param temperature T, above 0
 */
public record KnnClassifier(int k, double temperature) {

  /** The usual number of voters. */
  public static final int DEFAULT_K = 200;

  /** The usual temperature. */
  public static final double DEFAULT_TEMPERATURE = 0.1;

  /** Classes that count for top-5 accuracy. */
  static final int TOP = 5;

  private static final long MAX_SIMILARITY_BYTES = 64L << 20;

  /**
   * Refuses values with which nobody can vote.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public KnnClassifier {
    if (k < 1) {
      throw new IllegalArgumentException("k is " + k + "; allowed: 1 or more");
    }
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "temperature is " + temperature + "; allowed: finite, above 0");
    }
  }

  /** Creates a classifier with k = 200 and T = 0.1. */
  public KnnClassifier() {
    this(DEFAULT_K, DEFAULT_TEMPERATURE);
  }

  /**
   * Predicts the classes of queries.
   *
   * @param features training features, [n, D], floating
   * @param labels their n classes, from 0
   * @param queries [m, D], same type and device
   * @return m classes; of two classes with equal votes the first
   * @throws IllegalArgumentException when sizes do not fit together or a label is negative
   */
  public int[] predict(Tensor features, int[] labels, Tensor queries) {
    int[] result = new int[Math.toIntExact(queries.size(0))];
    vote(
        features,
        labels,
        queries,
        (start, tally) -> {
          long[] winners = tally.argmax(1, false).to(DType.INT64).toLongArray();
          for (int i = 0; i < winners.length; i++) {
            result[start + i] = (int) winners[i];
          }
        });
    return result;
  }

  /** Takes the votes of some queries. */
  private interface Count {
    /**
     * Takes votes.
     *
     * @param start the first query
     * @param tally {@code [rows, classes]}, the class votes of this and the next queries
     */
    void accept(int start, Tensor tally);
  }

  private void vote(Tensor features, int[] labels, Tensor queries, Count count) {
    Labels.check(features, labels, "features", "labels");
    if (queries.dim() != 2 || queries.size(1) != features.size(1)) {
      throw new IllegalArgumentException(
          "queries have shape "
              + Arrays.toString(queries.shape())
              + "; allowed: [m, "
              + features.size(1)
              + "]");
    }
    int classes = Arrays.stream(labels).max().orElseThrow() + 1;
    long size = features.size(0);
    long voters = Math.min(k, size);
    long rowBytes = size * features.dtype().byteSize();
    long chunk = Math.max(1, MAX_SIMILARITY_BYTES / rowBytes);
    int total = Math.toIntExact(queries.size(0));
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      Tensor bank = normalized(features).t();
      Tensor classOf = Labels.tensor(labels).to(features.device());
      for (long start = 0; start < total; start += chunk) {
        long rows = Math.min(chunk, total - start);
        try (var _ = TensorScope.open()) {
          Tensor similarity = normalized(queries.narrow(0, start, rows)).matmul(bank);
          var nearest = similarity.topk(voters, 1, true, true);
          // Relative to the nearest, which changes no ratio of votes: exp(1 / T) may overflow.
          Tensor best = nearest.values().narrow(1, 0, 1);
          Tensor votes = nearest.values().sub(best).div(temperature).exp();
          Tensor candidates =
              classOf.indexSelect(0, nearest.indices().reshape(-1)).reshape(rows, voters);
          count.accept(
              (int) start,
              Tensor.zeros(features.dtype(), features.device(), rows, classes)
                  .scatterAdd_(1, candidates, votes));
        }
      }
    }
  }

  /**
   * Computes the share of queries whose class is predicted.
   *
   * @param features training features, [n, D], floating
   * @param labels their n classes, from 0
   * @param queries [m, D], same type and device
   * @param queryLabels their m classes
   * @return accuracy in [0, 1]
   * @throws IllegalArgumentException when sizes do not fit together or a label is negative
   */
  public double accuracy(Tensor features, int[] labels, Tensor queries, int[] queryLabels) {
    Labels.check(queries, queryLabels, "queries", "queryLabels");
    int[] predicted = predict(features, labels, queries);
    int correct = 0;
    for (int i = 0; i < predicted.length; i++) {
      if (predicted[i] == queryLabels[i]) {
        correct++;
      }
    }
    return (double) correct / predicted.length;
  }

  /**
   * Ranks the classes of each query by their votes, of equal ones the first first, and computes how
   * often its own is the first and among the first five. Classes without a vote are not in the
   * ranking.
   *
   * @param features training features, [n, D], floating
   * @param labels their n classes, from 0
   * @param queries [m, D], same type and device
   * @param queryLabels their m classes
   * @return top-1, the same as {@link #accuracy}, and top-5 accuracy
   * @throws IllegalArgumentException when sizes do not fit together or a label is negative
   */
  public Accuracy evaluate(Tensor features, int[] labels, Tensor queries, int[] queryLabels) {
    Labels.check(queries, queryLabels, "queries", "queryLabels");
    int[] within = new int[TOP + 1];
    vote(
        features,
        labels,
        queries,
        (start, tally) -> {
          double[] votes = tally.toDoubleArray();
          int classes = Math.toIntExact(tally.size(1));
          for (int row = 0; row < tally.size(0); row++) {
            within[Math.min(TOP, rank(votes, row * classes, classes, queryLabels[start + row]))]++;
          }
        });
    int top5 = queryLabels.length - within[TOP];
    return new Accuracy(
        (double) within[0] / queryLabels.length, (double) top5 / queryLabels.length);
  }

  /** Returns how many classes come before one, or a number beyond all if it has no vote or NaN. */
  static int rank(double[] votes, int first, int classes, int label) {
    if (label >= classes || !(votes[first + label] > 0)) {
      return Integer.MAX_VALUE;
    }
    double own = votes[first + label];
    int before = 0;
    for (int c = 0; c < classes; c++) {
      double other = votes[first + c];
      if (other > own || (other == own && c < label)) {
        before++;
      }
    }
    return before;
  }

  private static Tensor normalized(Tensor rows) {
    return Nn.normalize(rows, 1);
  }
}
