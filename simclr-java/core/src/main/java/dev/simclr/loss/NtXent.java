package dev.simclr.loss;

import dev.simclr.torch.ContrastiveMeasures;
import dev.simclr.torch.Losses;
import dev.simclr.torch.NtXentResult;
import dev.simclr.torch.Tensor;
import java.util.Arrays;

/**
 * NT-Xent, the normalised temperature-scaled cross-entropy (SimCLR, arXiv 2002.05709, equation 1
 * and algorithm 1), as the mean over all 2N anchors.
 *
 * <p>Rows 0 to N-1 of the input are view 1 of N images, rows N to 2N-1 view 2 of the same images in
 * the same order. With u = v / max(||v||, 1e-12) and s_ij = u_i . u_j / temperature,
 *
 * <pre>
 *   loss = 1/(2N) sum_i ( log sum_{j != i} exp(s_ij) - s_i,pos(i) )
 * </pre>
 *
 * <p>{@link NtXentSum} is the objective of the reference, which is about twice this. Everything is
 * computed in float32 whatever the autocast type, float64 input in float64. The gradient goes
 * through the normalisation.
 *
 * @param temperature what similarities are divided by, above 0
 * @param l2Norm whether u is v / max(||v||, 1e-12), as above, or v itself, which the paper compares
 *     with (table 5); slower, since v can have any length
 */
public record NtXent(double temperature, boolean l2Norm) {

  /**
   * What one batch gives: three scalars, owned by the innermost scope.
   *
   * @param loss mean over the 2N anchors, in nats, with gradient
   * @param accuracy share of the N view-1 anchors whose positive is strictly more similar than the
   *     other N-1 rows of view 2; 0 when all rows are the same, 1 when N is 1
   * @param entropy mean entropy in nats of the softmax over those N similarities; ln N when all
   *     rows are the same
   */
  public record Result(Tensor loss, Tensor accuracy, Tensor entropy) {}

  /**
   * Refuses a temperature that makes no sense.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public NtXent {
    requireTemperature(temperature);
  }

  /**
   * Creates the loss with L2 norm.
   *
   * @param temperature what similarities are divided by, above 0
   */
  public NtXent(double temperature) {
    this(temperature, true);
  }

  /**
   * Computes the loss and its two companions.
   *
   * @param projections v, [2N, D] with N at least 1, floating; the loss of one image is ln 1 = 0
   * @return loss, contrastive accuracy and contrastive entropy
   * @throws IllegalArgumentException for another shape
   */
  public Result forward(Tensor projections) {
    requireTwoViews(projections, 1);
    return result(
        l2Norm
            ? Losses.ntXent(projections, temperature)
            : Losses.ntXentNoL2Norm(projections, temperature));
  }

  static void requireTemperature(double temperature) {
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "temperature is " + temperature + "; allowed: finite, above 0");
    }
  }

  /** Refuses what is not two views of at least {@code least} images. */
  static void requireTwoViews(Tensor projections, long least) {
    if (projections.dim() != 2 || projections.size(0) < 2 * least || projections.size(0) % 2 != 0) {
      throw new IllegalArgumentException(
          "projections have shape "
              + Arrays.toString(projections.shape())
              + "; allowed: [2N, D] with N at least "
              + least);
    }
  }

  static Result result(NtXentResult result) {
    return new Result(result.loss(), result.accuracy(), result.entropy());
  }

  /** A loss with the companions that NT-Xent has; {@code projections} are [2N, D]. */
  static Result measured(Tensor loss, Tensor projections, double temperature) {
    ContrastiveMeasures measures = Losses.contrastiveMeasures(projections, temperature);
    return new Result(loss, measures.accuracy(), measures.entropy());
  }
}
