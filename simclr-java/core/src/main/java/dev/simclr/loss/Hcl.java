package dev.simclr.loss;

import dev.simclr.torch.Losses;
import dev.simclr.torch.Tensor;

/**
 * HCL, contrastive learning with hard negatives (arXiv 2010.04592, equations 3 and 4), as the mean
 * over all 2N anchors. With the K = 2N - 2 negatives n of an anchor,
 *
 * <pre>
 *   loss = 1/(2N) sum_i -log( exp(s_i,pos(i)) / (exp(s_i,pos(i)) + G_i) )
 *   G_i  = max( (R_i - tauPlus K exp(s_i,pos(i))) / (1 - tauPlus), K exp(-1/temperature) )
 *   R_i  = K sum_n exp((1 + beta) s_in) / sum_n exp(beta s_in)
 * </pre>
 *
 * <p>With beta 0 it is the debiased loss (arXiv 2007.00224), with tauPlus 0 besides {@link NtXent}.
 * Rows, precision and the two companions are those of {@link NtXent}; memory is O(N D) on every
 * device.
 *
 * @param temperature what similarities are divided by, above 0
 * @param tauPlus share of negatives that are of the anchor's class, from 0 to below 1
 * @param beta how much similar negatives count, at least 0
 */
public record Hcl(double temperature, double tauPlus, double beta) {

  /**
   * Refuses numbers that make no sense.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public Hcl {
    NtXent.requireTemperature(temperature);
    if (!(tauPlus >= 0 && tauPlus < 1)) {
      throw new IllegalArgumentException("tauPlus is " + tauPlus + "; allowed: 0 to below 1");
    }
    if (!(beta >= 0) || Double.isInfinite(beta)) {
      throw new IllegalArgumentException("beta is " + beta + "; allowed: finite, at least 0");
    }
  }

  /**
   * Computes the loss and its two companions.
   *
   * @param projections v, [2N, D] with N at least 2, floating
   * @return loss, contrastive accuracy and contrastive entropy
   * @throws IllegalArgumentException for another shape
   */
  public NtXent.Result forward(Tensor projections) {
    NtXent.requireTwoViews(projections, 2);
    return NtXent.result(Losses.hcl(projections, temperature, tauPlus, beta));
  }
}
