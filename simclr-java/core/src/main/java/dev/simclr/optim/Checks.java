package dev.simclr.optim;

/** Hyper-parameter checks whose messages name the value and what is allowed. */
final class Checks {

  private Checks() {}

  static double share(String name, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed: 0 to 1");
    }
    return value;
  }

  static double belowOne(String name, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed: from 0 to below 1");
    }
    return value;
  }

  static double positive(String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " is " + value + "; allowed: finite, above 0");
    }
    return value;
  }
}
