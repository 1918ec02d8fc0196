package dev.simclr.loss;

import dev.simclr.torch.Losses;
import dev.simclr.torch.Tensor;
import java.util.Arrays;

/**
 * NT-Xent with a queue of projections of other images as further negatives (MoCo, arXiv 1911.05722,
 * equation 1; the SimCLR memory of arXiv 2006.10029): with Q(k) the rows of the queue,
 *
 * <pre>
 *   loss = 1/(2N) sum_i ( log( sum_{j != i} exp(s_ij) + sum_k exp(s_ik) ) - s_i,pos(i) )
 * </pre>
 *
 * <p>No gradient flows into the queue. Rows, precision and the two companions are those of {@link
 * NtXent}; memory is O((N + Q) D). For candidates with a gradient, as from other processes, see
 * {@link Losses#ntXentCandidates}.
 *
 * @param temperature what similarities are divided by, above 0
 */
public record NtXentQueue(double temperature) {

  /**
   * Refuses a temperature that makes no sense.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public NtXentQueue {
    NtXent.requireTemperature(temperature);
  }

  /**
   * Computes the loss and its two companions.
   *
   * @param projections v, [2N, D] with N at least 1, floating
   * @param queue [Q, D], of the dtype and device of the projections
   * @return loss, contrastive accuracy and contrastive entropy
   * @throws IllegalArgumentException for other shapes
   */
  public NtXent.Result forward(Tensor projections, Tensor queue) {
    NtXent.requireTwoViews(projections, 1);
    if (queue.dim() != 2 || queue.size(1) != projections.size(1)) {
      throw new IllegalArgumentException(
          "queue has shape "
              + Arrays.toString(queue.shape())
              + "; allowed: [Q, "
              + projections.size(1)
              + "]");
    }
    return NtXent.result(Losses.ntXentQueue(projections, queue, temperature));
  }
}
