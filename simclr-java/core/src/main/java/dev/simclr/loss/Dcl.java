package dev.simclr.loss;

import dev.simclr.torch.Losses;
import dev.simclr.torch.Tensor;

/**
 * DCL, the decoupled contrastive loss (arXiv 2110.06848, equation 6, with weights of 1), as the
 * mean over all 2N anchors: {@link NtXent} without the positive in the sum, which leaves 2N - 2
 * negatives,
 *
 * <pre>
 *   loss = 1/(2N) sum_i ( log sum_{j != i, pos(i)} exp(s_ij) - s_i,pos(i) )
 * </pre>
 *
 * <p>It can be negative. Rows, precision, memory and the two companions are those of {@link
 * NtXent}.
 *
 * @param temperature what similarities are divided by, above 0
 */
public record Dcl(double temperature) {

  /**
   * Refuses a temperature that makes no sense.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public Dcl {
    NtXent.requireTemperature(temperature);
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
    return NtXent.result(Losses.dcl(projections, temperature));
  }
}
