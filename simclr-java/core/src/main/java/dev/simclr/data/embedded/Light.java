package dev.simclr.data.embedded;

import dev.simclr.random.RandomStream;

/**
 * Light that falls from one side.
 *
 * @param x towards the light, to the right
 * @param y towards the light, downwards
 * @param fall how much brighter the lit edge of the image is than its middle
 * @param relief how much brighter the lit edge of the object is than its middle
 */
record Light(double x, double y, double fall, double relief) {
  static Light random(RandomStream random) {
    double angle = random.nextDouble(0, 2 * StrictMath.PI);
    return new Light(
        StrictMath.cos(angle),
        StrictMath.sin(angle),
        random.nextDouble(0, 0.4),
        random.nextDouble(0, 0.25));
  }

  /**
   * The factor on all colours at a point of the image.
   *
   * @param right -1 at the left edge to 1 at the right one
   * @param down -1 at the upper edge to 1 at the lower one
   */
  double onImage(double right, double down) {
    return 1 + fall * (right * x + down * y);
  }

  /** The same on the object, with -1 and 1 at its edges. */
  double onObject(double right, double down) {
    return 1 + relief * (right * x + down * y);
  }
}
