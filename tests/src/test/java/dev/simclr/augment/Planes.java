package dev.simclr.augment;

/** The working memory of a view: one float array per channel, each row by row. */
final class Planes {
  private final int size;
  private final float[] red;
  private final float[] green;
  private final float[] blue;

  /**
   * Makes black planes.
   *
   * @param size rows and columns
   */
  Planes(int size) {
    this.size = size;
    this.red = new float[size * size];
    this.green = new float[size * size];
    this.blue = new float[size * size];
  }

  int size() {
    return size;
  }

  float[] red() {
    return red;
  }

  float[] green() {
    return green;
  }

  float[] blue() {
    return blue;
  }
}
