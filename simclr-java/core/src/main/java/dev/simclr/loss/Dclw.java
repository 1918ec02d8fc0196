package dev.simclr.loss;

import dev.simclr.torch.Losses;
import dev.simclr.torch.Tensor;

/**
 * DCLW, the decoupled contrastive loss with weights (arXiv 2110.06848, equations 6 and 7), as the
 * mean over all 2N anchors,
 *
 * <pre>
 *   loss = 1/(2N) sum_i ( log sum_{j != i, pos(i)} exp(s_ij) - w_i s_i,pos(i) )
 *   w_i  = 2 - N softmax(u_i . u_pos(i) / sigma), over the N images
 * </pre>
 *
 * <p>so that pairs whose views are far apart count for more. No gradient flows through w. Rows,
 * precision and the two companions are those of {@link NtXent}; memory is O(N D) on every device.
 *
 * @param temperature what similarities are divided by, above 0
 * @param sigma how even the weights are, above 0; 0.5 in the paper
 */
public record Dclw(double temperature, double sigma) {

  /**
   * Refuses numbers that make no sense.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public Dclw {
    NtXent.requireTemperature(temperature);
    if (!(sigma > 0) || Double.isInfinite(sigma)) {
      throw new IllegalArgumentException("sigma is " + sigma + "; allowed: finite, above 0");
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
    return NtXent.result(Losses.dclw(projections, temperature, sigma));
  }
}
