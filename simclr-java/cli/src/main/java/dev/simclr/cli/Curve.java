package dev.simclr.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * A value over steps, for a picture: of many values only means of neighbours are kept, so that a
 * run of any length has between {@link #MOST} / 2 and {@link #MOST} points.
 */
final class Curve {
  /** The most points; even, since two become one. */
  static final int MOST = 400;

  private final List<Double> steps = new ArrayList<>();
  private final List<Double> values = new ArrayList<>();

  /** Values of which each point, but perhaps the last, is the mean. */
  private int span = 1;

  /** Values of which the last point is the mean. */
  private int last = 1;

  /** Adds a value; what is not finite has no place in a picture and is left out. */
  void add(long step, double value) {
    if (!Double.isFinite(value)) {
      return;
    }
    if (last < span) {
      last++;
      toLast(steps, step);
      toLast(values, value);
      return;
    }
    if (steps.size() == MOST) {
      halve(steps);
      halve(values);
      span *= 2;
    }
    steps.add((double) step);
    values.add(value);
    last = 1;
  }

  private void toLast(List<Double> means, double value) {
    double mean = means.getLast();
    means.set(means.size() - 1, mean + (value - mean) / last);
  }

  private static void halve(List<Double> means) {
    for (int i = 0; i < MOST / 2; i++) {
      means.set(i, (means.get(2 * i) + means.get(2 * i + 1)) / 2);
    }
    means.subList(MOST / 2, MOST).clear();
  }

  boolean isEmpty() {
    return steps.isEmpty();
  }

  /** Returns the steps of the points, each the mean of its values' steps, in ascending order. */
  List<Double> steps() {
    return List.copyOf(steps);
  }

  /** Returns the values of the points. */
  List<Double> values() {
    return List.copyOf(values);
  }
}
