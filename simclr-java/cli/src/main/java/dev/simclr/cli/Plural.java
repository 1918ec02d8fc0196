package dev.simclr.cli;

import java.util.Locale;

/** Counts with their nouns. */
final class Plural {
  private Plural() {}

  /** {@code 1 step}, {@code 2,000 steps}; the noun takes an s, or es after ss. */
  static String of(long count, String noun) {
    String ending = count == 1 ? "" : noun.endsWith("ss") ? "es" : "s";
    return String.format(Locale.ROOT, "%,d %s%s", count, noun, ending);
  }

  /** {@code 50,000 training and 10,000 test images}. */
  static String trainAndTest(int train, int test) {
    return String.format(Locale.ROOT, "%,d training and %s", train, of(test, "test image"));
  }

  /**
   * {@code 500 of 50,000 training images, 10,000 test images, 10 classes}.
   *
   * @param used of the training images
   */
  static String images(int used, int train, int test, int classes) {
    return String.format(Locale.ROOT, "%,d of %s", used, images(train, test, classes));
  }

  /** {@code 50,000 training images, 10,000 test images, 10 classes}. */
  static String images(int train, int test, int classes) {
    return of(train, "training image")
        + ", "
        + of(test, "test image")
        + ", "
        + of(classes, "class");
  }
}
