package dev.simclr.eval;

import dev.simclr.torch.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * How a classifier does on labelled samples: top-1 and top-5 accuracy, accuracy per class, and the
 * confusion matrix. Unchangeable.
 */
public final class ClassificationReport {
  private static final int TOP = 5;

  private final List<String> classNames;
  private final int[][] confusion;
  private final int total;
  private final int within5;

  private ClassificationReport(List<String> classNames, int[][] confusion, int total, int within5) {
    this.classNames = classNames;
    this.confusion = confusion;
    this.total = total;
    this.within5 = within5;
  }

  /**
   * Starts a report.
   *
   * @param classNames names of the classes, at least one
   */
  public static Builder builder(List<String> classNames) {
    return new Builder(List.copyOf(classNames));
  }

  /**
   * Reports on scores.
   *
   * @param classNames names of the C classes
   * @param scores {@code [m, C]}, floating
   * @param labels m classes
   * @throws IllegalArgumentException when sizes do not fit together or a label is out of range
   */
  public static ClassificationReport of(List<String> classNames, Tensor scores, int[] labels) {
    return builder(classNames).add(scores, labels).build();
  }

  /** Collects scores. */
  public static final class Builder {
    private final List<String> classNames;
    private final int[][] confusion;
    private int total;
    private int within5;

    private Builder(List<String> classNames) {
      if (classNames.isEmpty()) {
        throw new IllegalArgumentException("classNames is empty; allowed: at least one");
      }
      this.classNames = classNames;
      this.confusion = new int[classNames.size()][classNames.size()];
    }

    /**
     * Adds samples. The class with the highest score is predicted, of equal ones the first.
     *
     * @param scores {@code [m, C]}, floating
     * @param labels m classes
     * @return this
     * @throws IllegalArgumentException when sizes do not fit together, a label is out of range or a
     *     score is NaN, which has no place in a ranking
     */
    public Builder add(Tensor scores, int[] labels) {
      int classes = classNames.size();
      if (scores.dim() != 2 || scores.size(0) != labels.length || scores.size(1) != classes) {
        throw new IllegalArgumentException(
            "scores have shape "
                + Arrays.toString(scores.shape())
                + "; allowed: ["
                + labels.length
                + ", "
                + classes
                + "]");
      }
      double[] values = scores.toDoubleArray();
      for (int i = 0; i < values.length; i++) {
        if (Double.isNaN(values[i])) {
          throw new IllegalArgumentException(
              "scores[" + i / classes + "][" + i % classes + "] is NaN; allowed: numbers");
        }
      }
      for (int i = 0; i < labels.length; i++) {
        if (labels[i] < 0 || labels[i] >= classes) {
          throw new IllegalArgumentException(
              "labels[" + i + "] is " + labels[i] + "; allowed: 0 to " + (classes - 1));
        }
        add(values, i * classes, labels[i]);
      }
      return this;
    }

    private void add(double[] values, int first, int label) {
      int best = 0;
      int before = 0;
      double own = values[first + label];
      for (int c = 0; c < classNames.size(); c++) {
        double score = values[first + c];
        best = score > values[first + best] ? c : best;
        before += score > own || (score == own && c < label) ? 1 : 0;
      }
      confusion[label][best]++;
      within5 += before < TOP ? 1 : 0;
      total++;
    }

    /**
     * Returns the report.
     *
     * @throws IllegalArgumentException without samples
     */
    public ClassificationReport build() {
      if (total == 0) {
        throw new IllegalArgumentException("no samples were added; allowed: at least one");
      }
      int[][] copy = Arrays.stream(confusion).map(int[]::clone).toArray(int[][]::new);
      return new ClassificationReport(classNames, copy, total, within5);
    }
  }

  /** Returns the names of the classes. */
  public List<String> classNames() {
    return classNames;
  }

  /** Returns the number of samples. */
  public int total() {
    return total;
  }

  /** Returns top-1 and top-5 accuracy. */
  public Accuracy accuracy() {
    int correct = 0;
    for (int c = 0; c < confusion.length; c++) {
      correct += confusion[c][c];
    }
    return new Accuracy((double) correct / total, (double) within5 / total);
  }

  /** Returns how many samples of the class {@code label} were taken for {@code predicted}. */
  public int count(int label, int predicted) {
    return confusion[label][predicted];
  }

  /** Returns the number of samples of a class. */
  public int count(int label) {
    return Arrays.stream(confusion[label]).sum();
  }

  /** Returns the share of the samples of a class that are predicted as such; NaN without any. */
  public double classAccuracy(int label) {
    return (double) confusion[label][label] / count(label);
  }
}
