package dev.simclr.data.embedded;

import dev.simclr.random.RandomStream;

/**
 * A colour; components may leave [0, 1] until a pixel is stored.
 *
 * @param r red
 * @param g green
 * @param b blue
 */
record Rgb(double r, double g, double b) {
  private static final double RED = 0.299;
  private static final double GREEN = 0.587;
  private static final double BLUE = 0.114;

  /** A colour of the given luminance, of any hue and up to the given chroma. */
  static Rgb random(RandomStream random, double luminance, double chroma) {
    double hue = random.nextDouble(0, 2 * StrictMath.PI);
    double amount = random.nextDouble(0, chroma);
    double r = amount * StrictMath.cos(hue);
    double g = amount * StrictMath.cos(hue - 2 * StrictMath.PI / 3);
    double b = amount * StrictMath.cos(hue + 2 * StrictMath.PI / 3);
    double excess = RED * r + GREEN * g + BLUE * b - luminance;
    return new Rgb(r - excess, g - excess, b - excess);
  }

  /** How light the colour is in gray (ITU-R BT.601). */
  double luminance() {
    return RED * r + GREEN * g + BLUE * b;
  }

  /** This colour, multiplied. */
  Rgb times(double factor) {
    return new Rgb(r * factor, g * factor, b * factor);
  }

  /** The colour that is {@code share} of the way to another. */
  Rgb towards(Rgb other, double share) {
    return new Rgb(r + (other.r - r) * share, g + (other.g - g) * share, b + (other.b - b) * share);
  }
}
