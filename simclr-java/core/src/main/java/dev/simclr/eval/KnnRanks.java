package dev.simclr.eval;

import dev.simclr.torch.Tensor;

/** Counts how often the class of a query is the first of the votes, or among the first five. */
final class KnnRanks {
  private static final int TOP = 5;

  private final int[] labels;
  private int first;
  private int top;

  /** Creates counts of nothing, for queries of these classes. */
  KnnRanks(int[] labels) {
    this.labels = labels;
  }

  /**
   * Adds queries.
   *
   * @param votes {@code [queries, classes]}
   * @param start number of the first of them
   */
  void add(Tensor votes, int start) {
    double[] values = votes.toDoubleArray();
    int classes = Math.toIntExact(votes.size(1));
    for (int row = 0; row < votes.size(0); row++) {
      int rank = rank(values, row * classes, classes, labels[start + row]);
      first += rank == 0 ? 1 : 0;
      top += rank < TOP ? 1 : 0;
    }
  }

  /** Returns the shares of all labels. */
  Accuracy accuracy() {
    return new Accuracy((double) first / labels.length, (double) top / labels.length);
  }

  /** Returns how many classes come before one, or a number beyond all if it has no vote or NaN. */
  private static int rank(double[] votes, int from, int classes, int label) {
    if (label >= classes || !(votes[from + label] > 0)) {
      return Integer.MAX_VALUE;
    }
    double own = votes[from + label];
    int before = 0;
    for (int c = 0; c < classes; c++) {
      double other = votes[from + c];
      if (other > own || (other == own && c < label)) {
        before++;
      }
    }
    return before;
  }
}
