package dev.simclr.data.embedded;

import dev.simclr.random.RandomStream;

/**
 * Where and how an object lies in the image.
 *
 * @param centerX centre, in pixels from the left edge
 * @param centerY centre, in pixels from the upper edge
 * @param radius radius of the object's unit disc, in pixels
 * @param cos cosine of the rotation
 * @param sin sine of the rotation
 * @param stretch factor on the object's x axis before the rotation; its y axis gets the inverse
 */
record Pose(double centerX, double centerY, double radius, double cos, double sin, double stretch) {
  // The object may leave the image by a fifth of its radius, no more.
  private static final double INSIDE = 0.8;

  static Pose random(RandomStream random, int imageSize) {
    double radius = imageSize * random.nextDouble(0.30, 0.48);
    double room = imageSize / 2.0 - INSIDE * radius;
    double centerX = imageSize / 2.0 + random.nextDouble(-room, room);
    double centerY = imageSize / 2.0 + random.nextDouble(-room, room);
    double angle = random.nextDouble(0, 2 * StrictMath.PI);
    double stretch = random.nextDouble(0.88, 1.14);
    return new Pose(
        centerX, centerY, radius, StrictMath.cos(angle), StrictMath.sin(angle), stretch);
  }

  /** The object's x of a point of the image. */
  double objectX(double x, double y) {
    return ((x - centerX) * cos + (y - centerY) * sin) / (radius * stretch);
  }

  /** The object's y of a point of the image. */
  double objectY(double x, double y) {
    return ((y - centerY) * cos - (x - centerX) * sin) * stretch / radius;
  }
}
