package dev.simclr.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Notices that a run does not learn: its projections have collapsed to a point, or its loss stays
 * where it is for embeddings that tell nothing apart.
 *
 * <p>Both are judged over whole epochs after the warm-up, by the measurements and the losses that
 * are reported in them, and each is reported once. Let chance be ln(2N - 1 + Q), the NT-Xent of
 * equal embeddings with a full queue of Q, and best be ln(1 + (2N - 2 + Q) exp(-1/t)), that of
 * positives that coincide and negatives that are orthogonal.
 */
final class CollapseWatch {
  /** Standard deviation, as in {@link Meters#std}, below which embeddings are as good as equal. */
  private static final double MIN_STD = 0.1;

  /** Share of the way from chance to best that a run that learns has made. */
  private static final double MIN_GAIN = 0.02;

  private final double warmupEpochs;
  private final double lossScale;
  private final double chance;
  private final double best;
  private double lastStd = Double.NaN;
  private double lowestLoss = Double.POSITIVE_INFINITY;
  private boolean stdReported;
  private boolean lossReported;

  /**
   * Starts to watch.
   *
   * @param batch N
   * @param queue Q; a queue that is not full yet has lower losses than these bounds are for, so
   *     that only the standard deviation tells of a collapse until it is
   * @param temperature t
   * @param warmupEpochs epochs that are not judged
   * @param lossScale what a loss is in means over the 2N anchors of NT-Xent, or 0 for other losses,
   *     which have no such bounds and are not judged
   */
  CollapseWatch(int batch, int queue, double temperature, double warmupEpochs, double lossScale) {
    this.warmupEpochs = warmupEpochs;
    this.lossScale = lossScale;
    this.chance = Math.log(2.0 * batch - 1 + queue);
    this.best = Math.log1p((2.0 * batch - 2 + queue) * Math.exp(-1 / temperature));
  }

  /** Starts to watch a run. */
  static CollapseWatch of(PretrainConfig config) {
    boolean pairs = config.augment().views() == 2;
    double lossScale =
        switch (config.loss().objective()) {
          case NT_XENT -> pairs ? 1 : 0;
          case NT_XENT_SUM -> 2;
          case DCL, DCLW, DHEL, HCL, SUP_CON -> 0;
        };
    // Without the L2 norm similarities have no bounds.
    lossScale = config.loss().l2Norm() ? lossScale : 0;
    return new CollapseWatch(
        config.train().batch(),
        config.loss().queue(),
        config.loss().temperature(),
        config.optim().warmupEpochs(),
        lossScale);
  }

  /** Notes a loss of the epoch that is running. */
  void loss(double value) {
    if (lossScale > 0) {
      lowestLoss = Math.min(lowestLoss, value / lossScale);
    }
  }

  /** Notes a measurement, at the end of an epoch, and says what is wrong. */
  List<String> measured(Meters meters) {
    List<String> found = new ArrayList<>();
    if (!stdReported && judged(meters.epoch()) && lastStd < MIN_STD && meters.std() < MIN_STD) {
      stdReported = true;
      found.add(
          String.format(
              Locale.ROOT,
              "the projections have collapsed: in epoch %d their scaled standard deviation stayed"
                  + " below %.1f (%.3g; about 1 in good health); a lower learning rate, batch norm"
                  + " in the head or stronger augmentation may help",
              meters.epoch(),
              MIN_STD,
              meters.std()));
    }
    lastStd = meters.std();
    return found;
  }

  /** Notes the end of an epoch, from 1, and says what is wrong. */
  List<String> epochEnded(int epoch) {
    double lowest = lowestLoss;
    lowestLoss = Double.POSITIVE_INFINITY;
    boolean stuck = chance - lowest < MIN_GAIN * (chance - best);
    if (lossReported || !judged(epoch) || lowest == Double.POSITIVE_INFINITY || !stuck) {
      return List.of();
    }
    lossReported = true;
    return List.of(
        String.format(
            Locale.ROOT,
            "the loss does not fall: in epoch %d it stayed at %.4f or above, where embeddings that"
                + " are all the same have %.4f, and ones that tell all images apart %.4f",
            epoch,
            lowest,
            chance,
            best));
  }

  /** Whether the whole of an epoch comes after the warm-up. */
  private boolean judged(int epoch) {
    return epoch - 1 >= warmupEpochs;
  }
}
