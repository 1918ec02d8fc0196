package dev.simclr.benchmark;

import java.awt.image.BufferedImage;
import java.util.Random;

/**
 * An image with the statistics of photographs: energy that falls slowly from octave to octave of the
 * frequency, less colour than light, and a few hard edges. What a JPEG decoder takes for it, and how
 * large its file is, depends on that.
 */
final class Photo {
  private static final int OCTAVES = 8;
  private static final double GAIN = 0.8;
  private static final double LIGHT = 0.35;
  private static final double COLOUR = 0.15;
  private static final int EDGES = 3;

  private final Random random;
  private final int height;
  private final int width;

  /**
   * An image of a kind.
   *
   * @param number decides which; the same number is the same image everywhere
   */
  Photo(long number, int height, int width) {
    this.random = new Random(number);
    this.height = height;
    this.width = width;
  }

  BufferedImage draw() {
    double[] light = noise(OCTAVES);
    double[] warm = noise(OCTAVES - 3);
    double[] green = noise(OCTAVES - 3);
    for (int i = 0; i < EDGES; i++) {
      edge(light, LIGHT / EDGES);
      edge(warm, COLOUR / EDGES);
    }
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int i = y * width + x;
        double level = 0.5 + LIGHT * light[i];
        int r = level(level + COLOUR * warm[i]);
        int g = level(level + COLOUR * green[i]);
        int b = level(level - COLOUR * (warm[i] + green[i]));
        image.setRGB(x, y, r << 16 | g << 8 | b);
      }
    }
    return image;
  }

  private static int level(double value) {
    return Math.clamp(Math.round(255 * value), 0, 255);
  }

  /** Octaves of bilinear noise, each with twice the frequency and less amplitude. */
  private double[] noise(int octaves) {
    double[] sum = new double[height * width];
    double side = Math.max(height, width);
    for (int octave = 0; octave < octaves; octave++) {
      double cell = side / (2 << octave);
      if (cell < 1) {
        break;
      }
      int columns = (int) (width / cell) + 2;
      double[] lattice =
          random.doubles((long) columns * ((int) (height / cell) + 2), -1, 1).toArray();
      double amplitude = Math.pow(GAIN, octave);
      for (int y = 0; y < height; y++) {
        int row = (int) (y / cell);
        double v = y / cell - row;
        for (int x = 0; x < width; x++) {
          int column = (int) (x / cell);
          double u = x / cell - column;
          int at = row * columns + column;
          double upper = lattice[at] + u * (lattice[at + 1] - lattice[at]);
          double lower =
              lattice[at + columns] + u * (lattice[at + columns + 1] - lattice[at + columns]);
          sum[y * width + x] += amplitude * (upper + v * (lower - upper));
        }
      }
    }
    return sum;
  }

  /** Lifts one side of a random line. */
  private void edge(double[] plane, double step) {
    double angle = random.nextDouble() * 2 * Math.PI;
    double cos = Math.cos(angle);
    double sin = Math.sin(angle);
    double offset = random.nextDouble() * width * cos + random.nextDouble() * height * sin;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        plane[y * width + x] += x * cos + y * sin > offset ? step : -step;
      }
    }
  }
}
