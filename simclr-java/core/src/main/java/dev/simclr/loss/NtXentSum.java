package dev.simclr.loss;

import dev.simclr.torch.Losses;
import dev.simclr.torch.Tensor;

/**
 * The objective of the SimCLR reference (google-research/simclr, {@code tf2/objective.py}): with
 * l(a to b) the mean over the N anchors of view a whose positives are in view b,
 *
 * <pre>
 *   loss = l(1 to 2) + l(2 to 1)
 * </pre>
 *
 * <p>which is twice {@link NtXent}, with u = v rsqrt(max(||v||^2, 1e-12)) as of {@code
 * tf.math.l2_normalize}: rows shorter than 1e-6, not 1e-12, are not brought to length 1. Rows,
 * precision and the two companions are those of {@link NtXent}.
 *
 * @param temperature what similarities are divided by, above 0
 */
public record NtXentSum(double temperature) {

  /**
   * Refuses a temperature that makes no sense.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public NtXentSum {
    NtXent.requireTemperature(temperature);
  }

  /**
   * Computes the loss and its two companions.
   *
   * @param projections v, [2N, D], floating
   * @return loss, contrastive accuracy and contrastive entropy
   * @throws IllegalArgumentException for another shape
   */
  public NtXent.Result forward(Tensor projections) {
    NtXent.requireTwoViews(projections, 1);
    return NtXent.result(Losses.ntXentSum(projections, temperature));
  }
}
