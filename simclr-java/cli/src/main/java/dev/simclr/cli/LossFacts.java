package dev.simclr.cli;

import dev.simclr.train.LossConfig;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.TrainConfig;
import java.util.Locale;

/** What a step minimises and over which batch, for people. */
final class LossFacts {
  private LossFacts() {}

  /** Prints the loss and the batch. */
  static void print(Console console, PretrainConfig config) {
    console.fact("loss", loss(config));
    console.fact("batch", batch(config.train()));
  }

  private static String loss(PretrainConfig config) {
    LossConfig loss = config.loss();
    StringBuilder text = new StringBuilder(loss.objective().toString());
    if (loss.labels() == LossConfig.Labels.CLASS) {
      text.append(" by class");
    }
    text.append(", temperature ").append(loss.temperature());
    switch (loss.objective()) {
      case DCLW -> text.append(", sigma ").append(loss.sigma());
      case HCL ->
          text.append(", tau_plus ").append(loss.tauPlus()).append(", beta ").append(loss.beta());
      case NT_XENT, NT_XENT_SUM, DCL, DHEL, SUP_CON -> {
        // No settings of their own.
      }
    }
    if (!loss.l2Norm()) {
      text.append(", without L2 norm");
    }
    if (loss.queue() > 0) {
      text.append(String.format(Locale.ROOT, ", queue of %,d", loss.queue()));
    }
    return text.append(", ").append(config.augment().views()).append(" views").toString();
  }

  private static String batch(TrainConfig train) {
    String images = Plural.of(train.batch(), "image");
    if (train.chunk() > 0 && train.chunk() < train.batch()) {
      images +=
          String.format(Locale.ROOT, " in chunks of %,d (%s)", train.chunk(), train.chunkBn());
    }
    return train.accumulate() > 1
        ? String.format(Locale.ROOT, "%,d of %s for each step", train.accumulate(), images)
        : images;
  }
}
