package dev.simclr.train;

import dev.simclr.eval.ClassificationReport;
import java.util.Optional;

/**
 * How the training of a classifier ended.
 *
 * @param steps finished steps
 * @param totalSteps steps asked for; fewer are finished if the run was stopped
 * @param trained numbers that were trained
 * @param loss mean cross-entropy of the last epoch, in nats
 * @param accuracy top-1 accuracy on the augmented training images of the last epoch
 * @param test results on the test images, if there are such and the run was not stopped
 */
public record FineTuneResult(
    long steps,
    long totalSteps,
    long trained,
    double loss,
    double accuracy,
    Optional<ClassificationReport> test) {
  /** Returns whether all epochs are done; otherwise the run was stopped on request. */
  public boolean finished() {
    return steps == totalSteps;
  }
}
