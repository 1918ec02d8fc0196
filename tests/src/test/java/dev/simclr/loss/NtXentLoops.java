package dev.simclr.loss;

/** NT-Xent as loops over pairs in double precision, written from the paper's formulas. */
final class NtXentLoops {

  private static final double EPSILON = 1e-12;

  final double loss;
  final double accuracy;
  final double entropy;

  /** Gradient with respect to v, [2N][D]. */
  final double[][] gradient;

  private final int n;
  private final double temperature;
  private final boolean l2Norm;
  private final double[][] u;
  private final double[] norm;

  NtXentLoops(double[][] v, double temperature) {
    this(v, temperature, true);
  }

  /** With s_ij = v_i . v_j / temperature where {@code l2Norm} is false. */
  NtXentLoops(double[][] v, double temperature, boolean l2Norm) {
    this.l2Norm = l2Norm;
    n = v.length / 2;
    this.temperature = temperature;
    u = new double[v.length][v[0].length];
    norm = new double[v.length];
    for (int i = 0; i < v.length; i++) {
      norm[i] = Math.sqrt(dot(v[i], v[i]));
      for (int d = 0; d < v[i].length; d++) {
        u[i][d] = l2Norm ? v[i][d] / Math.max(norm[i], EPSILON) : v[i][d];
      }
    }
    loss = computeLoss();
    accuracy = computeAccuracy();
    entropy = computeEntropy();
    gradient = computeGradient();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int d = 0; d < a.length; d++) {
      sum += a[d] * b[d];
    }
    return sum;
  }

  private double s(int i, int j) {
    return dot(u[i], u[j]) / temperature;
  }

  private int positive(int i) {
    return i < n ? i + n : i - n;
  }

  /** Returns log sum over j != i of exp(s_ij). */
  private double logSum(int i) {
    double max = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < 2 * n; j++) {
      max = j == i ? max : Math.max(max, s(i, j));
    }
    double sum = 0;
    for (int j = 0; j < 2 * n; j++) {
      sum += j == i ? 0 : Math.exp(s(i, j) - max);
    }
    return max + Math.log(sum);
  }

  private double computeLoss() {
    double sum = 0;
    for (int i = 0; i < 2 * n; i++) {
      sum += logSum(i) - s(i, positive(i));
    }
    return sum / (2 * n);
  }

  private double computeAccuracy() {
    int correct = 0;
    for (int i = 0; i < n; i++) {
      boolean largest = true;
      for (int j = 0; j < n; j++) {
        largest &= j == i || s(i, i + n) > s(i, j + n);
      }
      correct += largest ? 1 : 0;
    }
    return (double) correct / n;
  }

  private double computeEntropy() {
    double total = 0;
    for (int i = 0; i < n; i++) {
      double max = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < n; j++) {
        max = Math.max(max, s(i, j + n));
      }
      double sum = 0;
      for (int j = 0; j < n; j++) {
        sum += Math.exp(s(i, j + n) - max);
      }
      for (int j = 0; j < n; j++) {
        double logP = s(i, j + n) - max - Math.log(sum);
        total -= Math.exp(logP) * logP;
      }
    }
    return total / n;
  }

  private double[][] computeGradient() {
    int dim = u[0].length;
    double[][] du = new double[2 * n][dim];
    for (int i = 0; i < 2 * n; i++) {
      double logSum = logSum(i);
      for (int j = 0; j < 2 * n; j++) {
        if (j == i) {
          continue;
        }
        double ds = (Math.exp(s(i, j) - logSum) - (j == positive(i) ? 1 : 0)) / (2 * n);
        for (int d = 0; d < dim; d++) {
          du[i][d] += ds * u[j][d] / temperature;
          du[j][d] += ds * u[i][d] / temperature;
        }
      }
    }
    if (!l2Norm) {
      return du;
    }
    double[][] dv = new double[2 * n][dim];
    for (int i = 0; i < 2 * n; i++) {
      // Below epsilon the divisor is a constant, so nothing is projected out.
      double along = norm[i] < EPSILON ? 0 : dot(u[i], du[i]);
      for (int d = 0; d < dim; d++) {
        dv[i][d] = (du[i][d] - u[i][d] * along) / Math.max(norm[i], EPSILON);
      }
    }
    return dv;
  }
}
