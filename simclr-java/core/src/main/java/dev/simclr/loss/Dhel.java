package dev.simclr.loss;

import dev.simclr.torch.Losses;
import dev.simclr.torch.Tensor;

/**
 * DHEL, the decoupled hyperspherical energy loss (arXiv 2405.18045), as the mean over all 2N
 * anchors; the negatives of an anchor are the other images in its own view,
 *
 * <pre>
 *   loss = 1/(2N) sum_i ( log sum_{j != i, j of the view of i} exp(s_ij) - s_i,pos(i) )
 * </pre>
 *
 * <p>Rows, precision and the two companions are those of {@link NtXent}; memory is O(N D) on every
 * device. The authors' code, by default, adds both views' sums to one positive for each image,
 * which is twice this with half the weight of the positive.
 *
 * @param temperature what similarities are divided by, above 0
 */
public record Dhel(double temperature) {

  /**
   * Refuses a temperature that makes no sense.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public Dhel {
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
    return NtXent.measured(Losses.dhel(projections, temperature), projections, temperature);
  }
}
