package dev.simclr.cli;

import dev.simclr.train.FineTuner;
import java.util.Locale;

/** Prints the epochs of a classifier's training: all of them in the status line, some for good. */
final class EpochPrinter implements FineTuner.Listener {
  private static final int LINES = 10;

  private final Console console;

  EpochPrinter(Console console) {
    this.console = console;
  }

  @Override
  public void finished(FineTuner.Epoch epoch) {
    String text =
        String.format(
            Locale.ROOT,
            "epoch %d/%d  loss %.4f  train %.2f %%  lr %.4g  %.0f images/s",
            epoch.epoch(),
            epoch.epochs(),
            epoch.loss(),
            100 * epoch.accuracy(),
            epoch.learningRate(),
            epoch.imagesPerSecond());
    int every = Math.max(1, epoch.epochs() / LINES);
    if (epoch.epoch() % every == 0 || epoch.epoch() == epoch.epochs()) {
      console.line(text);
    } else {
      console.status(text);
    }
  }
}
