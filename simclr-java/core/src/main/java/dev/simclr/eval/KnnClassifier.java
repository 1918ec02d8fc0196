package dev.simclr.eval;

import dev.simclr.torch.DType;
import dev.simclr.torch.Tensor;
import java.util.OptionalDouble;
import java.util.function.ObjIntConsumer;

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
        (tally, start) -> {
          long[] winners = tally.argmax(1, false).to(DType.INT64).toLongArray();
          for (int i = 0; i < winners.length; i++) {
            result[start + i] = (int) winners[i];
          }
        });
    return result;
  }

  private void vote(
      Tensor features, int[] labels, Tensor queries, ObjIntConsumer<Tensor> takeVotes) {
    new Neighbours(KnnSweep.Distance.COSINE, features, labels, k)
        .search(
            queries,
            (start, found) ->
                takeVotes.accept(found.votes(k, OptionalDouble.of(temperature)), start));
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
    KnnRanks ranks = new KnnRanks(queryLabels);
    vote(features, labels, queries, ranks::add);
    return ranks.accuracy();
  }
}
