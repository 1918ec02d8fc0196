package dev.simclr.eval;

import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Arrays;

/**
 * How unit vectors are spread over their sphere, without labels. All inputs are normalised first;
 * sums are in float64.
 */
public final class UnitVectors {
  private static final int ROWS = 256;
  private static final double MIN_NORM = 1e-12;

  private UnitVectors() {}

  /**
   * Computes sqrt(D) times the mean over the dimensions of the standard deviation of u = z / ||z||:
   * about 1 where the vectors are spread evenly, 0 where all are the same.
   *
   * @param z {@code [n, D]}, n at least 2, floating, on any device
   * @return the scaled standard deviation, with the divisor n - 1
   * @throws IllegalArgumentException for another shape
   */
  public static double std(Tensor z) {
    requireRows("z", z, 2);
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      return Math.sqrt(z.size(1)) * normalised(z).std(1, false, 0).mean().item();
    }
  }

  /**
   * Computes the alignment of positive pairs, E ||u - u'||^2 (Wang and Isola 2020, arXiv
   * 2005.10242, section 4.1, alpha 2): 0 where views are mapped to one point, 2 where they have
   * nothing in common.
   *
   * @param a one view of n images, {@code [n, D]}, floating
   * @param b another view of the same images, like {@code a}
   * @return the mean squared distance
   * @throws IllegalArgumentException for other shapes
   */
  public static double alignment(Tensor a, Tensor b) {
    requireRows("a", a, 1);
    if (!Arrays.equals(a.shape(), b.shape())) {
      throw new IllegalArgumentException(
          "b has shape " + Arrays.toString(b.shape()) + "; allowed: " + Arrays.toString(a.shape()));
    }
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      return normalised(a).sub_(normalised(b)).square_().sum(false, 1).mean().item();
    }
  }

  /**
   * Computes the uniformity log E exp(-2 ||u - u'||^2) over all pairs of different rows (Wang and
   * Isola 2020, arXiv 2005.10242, section 4.1, t = 2): 0 where all vectors are the same, about -4
   * or a little more where they are spread evenly.
   *
   * @param z {@code [n, D]}, n at least 2, floating, on any device
   * @return the logarithm of the mean
   * @throws IllegalArgumentException for another shape
   */
  public static double uniformity(Tensor z) {
    requireRows("z", z, 2);
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      Tensor u = normalised(z);
      double sum = 0;
      long n = z.size(0);
      for (long first = 0; first < n; first += ROWS) {
        try (var _ = TensorScope.open()) {
          // Each pair once: these rows against themselves and those after them.
          long count = Math.min(ROWS, n - first);
          Tensor rows = u.narrow(0, first, count);
          Tensor own = gaussians(rows, rows);
          // Without the pairs of a row and itself, of which each adds exp(0).
          sum += own.sum().item() - own.diagonal().sum().item();
          if (first + count < n) {
            Tensor others = u.narrow(0, first + count, n - first - count);
            sum += 2 * gaussians(rows, others).sum().item();
          }
        }
      }
      return Math.log(sum / ((double) n * (n - 1)));
    }
  }

  /** exp(-2 ||a - b||^2) = exp(4 a.b - 4) of unit vectors. */
  private static Tensor gaussians(Tensor a, Tensor b) {
    return a.mm(b.t()).sub_(1).mul_(4).exp_();
  }

  private static Tensor normalised(Tensor z) {
    Tensor wide = z.to(Device.CPU).to(DType.FLOAT64);
    return wide.div(wide.norm(2, true, 1).clampMin_(MIN_NORM));
  }

  static void requireRows(String name, Tensor rows, long fewest) {
    if (rows.dim() != 2 || rows.size(0) < fewest || rows.size(1) < 1) {
      throw new IllegalArgumentException(
          name
              + " has shape "
              + Arrays.toString(rows.shape())
              + "; allowed: [n, D] with n at least "
              + fewest);
    }
  }
}
