package dev.simclr.train;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/** Checks of configuration values; every message names the key, the value and what is allowed. */
final class Keys {
  private Keys() {}

  /**
   * Returns how an enum constant is written in a configuration: {@code FASHION_MNIST} is {@code
   * fashion-mnist}.
   */
  static String spelling(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static void present(String key, Object value) {
    Objects.requireNonNull(value, () -> key + " is null");
  }

  static void atLeast(String key, long value, long min) {
    if (value < min) {
      throw refused(key, value, "at least " + min);
    }
  }

  static void between(String key, long value, long min, long max) {
    if (value < min || value > max) {
      throw refused(key, value, min + " to " + max);
    }
  }

  /** The comparison is written so that NaN fails it. */
  static void between(String key, double value, double min, double max) {
    if (!(value >= min && value <= max)) {
      throw refused(key, value, number(min) + " to " + number(max));
    }
  }

  static void below(String key, double value, double min, double limit) {
    if (!(value >= min && value < limit)) {
      throw refused(key, value, "from " + number(min) + " to below " + number(limit));
    }
  }

  static void ordered(String lowKey, double low, String highKey, double high) {
    if (low > high) {
      throw refused(lowKey, low, "at most " + highKey + ", which is " + number(high));
    }
  }

  /** Checks one value per colour channel and returns an immutable copy. */
  static Optional<List<Double>> channels(
      String key, Optional<List<Double>> values, double min, double max) {
    present(key, values);
    if (values.isEmpty()) {
      return values;
    }
    List<Double> copy = List.copyOf(values.get());
    if (copy.size() != 3) {
      throw refused(key, copy, "three numbers, one per channel");
    }
    for (int i = 0; i < 3; i++) {
      between(key + "[" + i + "]", copy.get(i), min, max);
    }
    return Optional.of(copy);
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  static IllegalArgumentException refused(String key, Object value, String allowed) {
    return new IllegalArgumentException(key + " is " + value + "; allowed: " + allowed);
  }
}
