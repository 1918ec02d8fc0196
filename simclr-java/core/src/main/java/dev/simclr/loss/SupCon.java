package dev.simclr.loss;

import dev.simclr.torch.DType;
import dev.simclr.torch.Losses;
import dev.simclr.torch.Tensor;
import java.util.Arrays;

/**
 * SupCon, the supervised contrastive loss L_out (arXiv 2004.11362, equation 2). Rows with the same
 * label are each other's positives P(i); with images as labels, any number of views of each image,
 * and with two {@link NtXent}. With u = v / max(||v||, 1e-12), s_ij = u_i . u_j / temperature and A
 * the rows that have a positive,
 *
 * <pre>
 *   loss = 1/|A| sum_{i in A} ( log sum_{j != i} exp(s_ij) - 1/|P(i)| sum_{p in P(i)} s_ip )
 * </pre>
 *
 * <p>The authors' code multiplies this by temperature / base temperature. Precision and memory are
 * those of {@link NtXent}.
 *
 * @param temperature what similarities are divided by, above 0
 */
public record SupCon(double temperature) {

  /**
   * What one batch gives: two scalars, owned by the innermost scope.
   *
   * @param loss mean over the anchors, in nats, with gradient; NaN if there are none
   * @param skipped INT64, rows without a positive, which are no anchors
   */
  public record Result(Tensor loss, Tensor skipped) {}

  /**
   * Refuses a temperature that makes no sense.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public SupCon {
    NtXent.requireTemperature(temperature);
  }

  /**
   * Computes the loss.
   *
   * @param projections v, [M, D] with M at least 2, floating
   * @param labels [M], INT64, on the device of the projections
   * @return the loss and how many rows are no anchors
   * @throws IllegalArgumentException for other shapes or another dtype of the labels
   */
  public Result forward(Tensor projections, Tensor labels) {
    require(projections, labels);
    var result = Losses.supCon(projections, labels, temperature);
    return new Result(result.loss(), result.skipped());
  }

  /**
   * Computes the loss of V views of N images, and the two companions of {@link NtXent}, which are
   * those of views 1 and 2 whatever the labels.
   *
   * @param projections v, [VN, D]: of N images view 1, then view 2, and so on
   * @param labels [VN], INT64, on the device of the projections
   * @param views V, at least 2
   * @return loss, contrastive accuracy and contrastive entropy
   * @throws IllegalArgumentException for other shapes or another dtype of the labels
   */
  public NtXent.Result forward(Tensor projections, Tensor labels, long views) {
    require(projections, labels);
    if (views < 2 || projections.size(0) % views != 0) {
      throw new IllegalArgumentException(
          "views is " + views + "; allowed: 2 or more that divide " + projections.size(0));
    }
    var result = Losses.supConViews(projections, labels, views, temperature);
    return new NtXent.Result(result.loss(), result.accuracy(), result.entropy());
  }

  private static void require(Tensor projections, Tensor labels) {
    if (projections.dim() != 2 || projections.size(0) < 2) {
      throw new IllegalArgumentException(
          "projections have shape "
              + Arrays.toString(projections.shape())
              + "; allowed: [M, D] with M at least 2");
    }
    if (labels.dim() != 1 || labels.size(0) != projections.size(0)) {
      throw new IllegalArgumentException(
          "labels have shape "
              + Arrays.toString(labels.shape())
              + "; allowed: ["
              + projections.size(0)
              + "], one for each projection");
    }
    if (labels.dtype() != DType.INT64) {
      throw new IllegalArgumentException("labels are " + labels.dtype() + "; allowed: int64");
    }
  }
}
