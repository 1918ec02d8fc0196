package dev.simclr.data.embedded;

import dev.simclr.random.RandomStream;

/**
 * The proportions in which an object differs from others of its class.
 *
 * @param proportion 0 to 1: where a measure lies in its range
 * @param number 0 to 1: how many of a countable part there are
 */
record Build(double proportion, double number) {
  static Build random(RandomStream random) {
    return new Build(random.nextDouble(), random.nextDouble());
  }

  /** A measure from the range. */
  double between(double low, double high) {
    return low + (high - low) * proportion;
  }

  /** A count from {@code low} to {@code high}, both included. */
  int count(int low, int high) {
    return low + (int) (number * (high - low + 1));
  }
}
