package dev.simclr.cli;

import dev.simclr.data.Progress;
import java.util.Locale;

/** Shows how far the packing of images is, which happens once for each data set. */
final class PackingPrinter implements Progress {
  private final Console console;

  PackingPrinter(Console console) {
    this.console = console;
  }

  @Override
  public void update(String task, long done, long total) {
    // What was packed, and where, is logged at the end.
    console.status(String.format(Locale.ROOT, "%s: %,d of %,d images", task, done, total));
  }
}
