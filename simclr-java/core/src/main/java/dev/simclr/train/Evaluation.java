package dev.simclr.train;

import java.util.Objects;
import java.util.OptionalDouble;

/**
 * How well h separates the classes of the test images, in evaluation mode.
 *
 * @param step finished steps; 0 is the untrained network
 * @param epoch finished epochs; 0 is the untrained network
 * @param knn accuracy in [0, 1] of the weighted kNN classifier, if it ran
 * @param linear accuracy in [0, 1] of the linear probe, if it ran
 * @param probeH accuracy in [0, 1] of the classifier on h that learns beside the encoder, if there
 *     is one and it has learnt
 * @param probeZ the same of the one on z
 * @param seconds time that the evaluation took
 */
public record Evaluation(
    long step,
    int epoch,
    OptionalDouble knn,
    OptionalDouble linear,
    OptionalDouble probeH,
    OptionalDouble probeZ,
    double seconds) {
  /** Checks that nothing is null. */
  public Evaluation {
    Objects.requireNonNull(knn, "knn");
    Objects.requireNonNull(linear, "linear");
    Objects.requireNonNull(probeH, "probeH");
    Objects.requireNonNull(probeZ, "probeZ");
  }

  /**
   * Returns the accuracy by which evaluations are ranked: kNN where it ran, else the linear probe,
   * else the one on h that learns beside the encoder.
   */
  public double score() {
    return knn.orElseGet(() -> linear.orElse(probeH.orElse(Double.NEGATIVE_INFINITY)));
  }
}
