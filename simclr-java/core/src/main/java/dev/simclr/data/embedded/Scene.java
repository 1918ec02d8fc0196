package dev.simclr.data.embedded;

import dev.simclr.random.RandomStream;

/** All that an image shows, and how it becomes pixels. */
final class Scene {
  private static final int SIZE = EmbeddedImages.IMAGE_SIZE;
  // 3 x 3 samples of the object in a pixel smooth its edges.
  private static final int SAMPLES = 3;

  private final ObjectClass objectClass;
  private final Build build;
  private final Pose pose;
  private final Paint paint;
  private final Light light;
  private final Background background;
  private final double[] grain;

  private Scene(ObjectClass objectClass, RandomStream random) {
    this.objectClass = objectClass;
    this.build = Build.random(random);
    this.pose = Pose.random(random, SIZE);
    this.paint = Paint.random(random);
    this.light = Light.random(random);
    this.background = Background.random(random);
    this.grain = grain(random);
  }

  /** Draws a scene with an object of the class. */
  static Scene random(ObjectClass objectClass, RandomStream random) {
    return new Scene(objectClass, random);
  }

  private static double[] grain(RandomStream random) {
    double strength = random.nextDouble(0, 0.06);
    double[] grain = new double[SIZE * SIZE * 3];
    for (int i = 0; i < grain.length; i++) {
      // The sum of two uniform numbers, as a bell would be, with the given standard deviation.
      grain[i] = strength * Math.sqrt(6) * (random.nextFloat() + random.nextFloat() - 1);
    }
    return grain;
  }

  /** Where the object lies. */
  Pose pose() {
    return pose;
  }

  /** The colours. */
  Paint paint() {
    return paint;
  }

  /** What is behind the object. */
  Background background() {
    return background;
  }

  /** The pixels, {@code [32, 32, 3]}. */
  byte[] pixels() {
    byte[] pixels = new byte[SIZE * SIZE * 3];
    for (int row = 0; row < SIZE; row++) {
      for (int column = 0; column < SIZE; column++) {
        int at = (row * SIZE + column) * 3;
        Rgb color = color(column, row);
        pixels[at] = level(color.r() + grain[at]);
        pixels[at + 1] = level(color.g() + grain[at + 1]);
        pixels[at + 2] = level(color.b() + grain[at + 2]);
      }
    }
    return pixels;
  }

  private Rgb color(int column, int row) {
    double x = column + 0.5;
    double y = row + 0.5;
    double body = 0;
    double mark = 0;
    for (int i = 0; i < SAMPLES * SAMPLES; i++) {
      double sampleX = column + (i % SAMPLES + 0.5) / SAMPLES;
      double sampleY = row + (i / SAMPLES + 0.5) / SAMPLES;
      Part part =
          objectClass.at(pose.objectX(sampleX, sampleY), pose.objectY(sampleX, sampleY), build);
      body += part == Part.BODY ? 1 : 0;
      mark += part == Part.MARK ? 1 : 0;
    }
    Rgb color = paint.ground().towards(paint.pattern(), background.at(x, y));
    if (body + mark > 0) {
      Rgb object =
          paint
              .body()
              .towards(paint.mark(), mark / (body + mark))
              .times(
                  light.onObject(
                      (x - pose.centerX()) / pose.radius(), (y - pose.centerY()) / pose.radius()));
      color = color.towards(object, (body + mark) / (SAMPLES * SAMPLES));
    }
    return color.times(light.onImage(2 * x / SIZE - 1, 2 * y / SIZE - 1));
  }

  private static byte level(double value) {
    return (byte) Math.rint(255 * Math.clamp(value, 0.0, 1.0));
  }
}
