package dev.simclr.eval;

import dev.simclr.torch.DType;
import dev.simclr.torch.Device;
import dev.simclr.torch.GradMode;
import dev.simclr.torch.Op;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.Arrays;

/**
 * RankMe, the effective rank of representations (Garrido et al. 2023, arXiv 2210.02885, equations 1
 * and 2): with the singular values sigma of the matrix of features, and no centring,
 *
 * <pre>
 *   p_k = sigma_k / sum sigma + 1e-7,   RankMe = exp( - sum_k p_k log p_k )
 * </pre>
 *
 * <p>From 1, where all features lie on a line, to D or a little above. It needs no labels; it
 * compares runs of one method on one data set, and nothing else. The paper uses 25,600 features.
 */
public final class RankMe {
  private static final double EPS = 1e-7;
  private static final int ROWS = 1024;

  private RankMe() {}

  /**
   * Computes RankMe in float64.
   *
   * @param features {@code [n, D]}, n and D at least 1, floating, on any device; not normalised
   * @return the effective rank; NaN where a feature is not finite
   * @throws IllegalArgumentException for another shape
   */
  public static double of(Tensor features) {
    UnitVectors.requireRows("features", features, 1);
    double[] sigma = singularValues(features);
    double sum = Arrays.stream(sigma).sum();
    double entropy = 0;
    for (double s : sigma) {
      double p = s / sum + EPS;
      entropy -= p * Math.log(p);
    }
    return Math.exp(entropy);
  }

  /**
   * The square roots of the eigenvalues of F^T F, whose size does not grow with n. Of the small
   * ones half the digits are lost, which are as far below the others as EPS.
   */
  private static double[] singularValues(Tensor features) {
    long dim = features.size(1);
    try (var _ = TensorScope.open();
        var _ = GradMode.noGrad()) {
      Tensor gram = Tensor.zeros(DType.FLOAT64, dim, dim);
      for (long first = 0; first < features.size(0); first += ROWS) {
        try (var _ = TensorScope.open()) {
          long count = Math.min(ROWS, features.size(0) - first);
          Tensor rows = features.narrow(0, first, count).to(Device.CPU).to(DType.FLOAT64);
          gram.add_(rows.t().mm(rows));
        }
      }
      if (Double.isNaN(gram.sum().item()) || Double.isInfinite(gram.sum().item())) {
        double[] none = new double[Math.toIntExact(dim)];
        Arrays.fill(none, Double.NaN);
        return none;
      }
      Tensor eigenvalues = (Tensor) Op.find("aten::linalg_eigvalsh", "").call(gram, "L").getFirst();
      long ranks = Math.min(features.size(0), dim);
      // Ascending: of fewer rows than D the first eigenvalues are zero, and no singular values.
      return Arrays.stream(eigenvalues.toDoubleArray())
          .skip(dim - ranks)
          .map(value -> Math.sqrt(Math.max(0, value)))
          .toArray();
    }
  }
}
