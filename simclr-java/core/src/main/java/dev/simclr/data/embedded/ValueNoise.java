package dev.simclr.data.embedded;

import dev.simclr.random.RandomStream;

/** A smooth random function of the plane: random values on a lattice, with smooth steps between. */
final class ValueNoise {
  private static final int PERIOD = 16;

  private final double[] lattice = new double[PERIOD * PERIOD];

  ValueNoise(RandomStream random) {
    for (int i = 0; i < lattice.length; i++) {
      lattice[i] = random.nextFloat();
    }
  }

  /** The value at a point, 0 to 1; lattice points have whole coordinates. */
  double at(double x, double y) {
    double cellX = Math.floor(x);
    double cellY = Math.floor(y);
    double u = smooth(x - cellX);
    double v = smooth(y - cellY);
    int column = (int) cellX;
    int row = (int) cellY;
    double upper = mix(value(column, row), value(column + 1, row), u);
    double lower = mix(value(column, row + 1), value(column + 1, row + 1), u);
    return mix(upper, lower, v);
  }

  private double value(int column, int row) {
    return lattice[Math.floorMod(row, PERIOD) * PERIOD + Math.floorMod(column, PERIOD)];
  }

  private static double smooth(double t) {
    return t * t * (3 - 2 * t);
  }

  private static double mix(double a, double b, double share) {
    return a + (b - a) * share;
  }
}
