package dev.simclr.augment;

import java.lang.foreign.MemorySegment;

/** Checks of arguments; every message names the argument, the value and what is allowed. */
final class Checks {
  /** Largest factor or standard deviation of an operation. */
  static final float LARGEST = 1e6f;

  private Checks() {}

  /** The comparison is written so that NaN fails it. */
  static void between(String name, double value, double min, double max) {
    if (!(value >= min && value <= max)) {
      throw refused(name, value, min + " to " + max);
    }
  }

  static void atLeast(String name, int value, int min) {
    if (value < min) {
      throw refused(name, value, "at least " + min);
    }
  }

  static void ordered(String lowName, double low, String highName, double high) {
    if (low > high) {
      throw refused(lowName, low, "at most " + highName + ", which is " + high);
    }
  }

  static void image(MemorySegment image, int height, int width) {
    atLeast("height", height, 1);
    atLeast("width", width, 1);
    long bytes = (long) height * width * ViewFormat.CHANNELS;
    if (image.byteSize() != bytes) {
      throw refused(
          "image",
          image.byteSize() + " bytes",
          bytes + " bytes, for " + height + "x" + width + " pixels of 3");
    }
  }

  static IllegalArgumentException refused(String name, Object value, String allowed) {
    return new IllegalArgumentException(name + " is " + value + "; allowed: " + allowed);
  }
}
