package dev.simclr.augment;

/**
 * The colour operations on planes, as in torchvision's {@code transforms/v2/functional/_color.py}
 * for float images.
 */
final class ColorOps {
  private static final float GRAY_RED = 0.2989f;
  private static final float GRAY_GREEN = 0.587f;
  private static final float GRAY_BLUE = 0.114f;

  private ColorOps() {}

  /** x f, clamped. */
  static void brightness(Planes planes, float factor) {
    scale(planes, factor, 0);
  }

  /** x f + mean gray (1 - f), clamped. */
  static void contrast(Planes planes, float factor) {
    scale(planes, factor, meanGray(planes) * rest(factor));
  }

  /** x f + gray (1 - f), clamped; per pixel. */
  static void saturation(Planes planes, float factor) {
    float[] red = planes.red();
    float[] green = planes.green();
    float[] blue = planes.blue();
    float rest = rest(factor);
    for (int i = 0; i < red.length; i++) {
      float gray = gray(red[i], green[i], blue[i]) * rest;
      red[i] = clamp(red[i] * factor + gray);
      green[i] = clamp(green[i] * factor + gray);
      blue[i] = clamp(blue[i] * factor + gray);
    }
  }

  /** All channels become the gray of the pixel. */
  static void gray(Planes planes) {
    float[] red = planes.red();
    float[] green = planes.green();
    float[] blue = planes.blue();
    for (int i = 0; i < red.length; i++) {
      float gray = gray(red[i], green[i], blue[i]);
      red[i] = gray;
      green[i] = gray;
      blue[i] = gray;
    }
  }

  /**
   * Shifts the hue: to HSV, h + shift modulo 1, and back.
   *
   * @param shift in turns, -0.5 to 0.5
   */
  static void hue(Planes planes, float shift) {
    float[] red = planes.red();
    float[] green = planes.green();
    float[] blue = planes.blue();
    for (int i = 0; i < red.length; i++) {
      float r = red[i];
      float g = green[i];
      float b = blue[i];
      float max = Math.max(Math.max(r, g), b);
      float min = Math.min(Math.min(r, g), b);
      float range = max - min;
      // A gray pixel has no hue; torchvision replaces its zero divisors by 1 too.
      boolean colourless = range == 0;
      float saturation = range / (colourless ? 1 : max);
      float divisor = colourless ? 1 : range;
      float rc = (max - r) / divisor;
      float gc = (max - g) / divisor;
      float bc = (max - b) / divisor;
      float sixths = max == r ? bc - gc : max == g ? rc + 2 - bc : gc + 4 - rc;
      float h = sixths * (1 / 6f) + 1;
      h = (h >= 1 ? h - 1 : h) + shift;
      h = h < 0 ? h + 1 : h >= 1 ? h - 1 : h;

      float h6 = h * 6;
      int sector = (int) h6;
      float f = h6 - sector;
      float sf = saturation * f;
      float p = clamp((1 - saturation) * max);
      float q = clamp((1 - sf) * max);
      float t = clamp((sf + (1 - saturation)) * max);
      switch (sector) {
        case 1 -> {
          red[i] = q;
          green[i] = max;
          blue[i] = p;
        }
        case 2 -> {
          red[i] = p;
          green[i] = max;
          blue[i] = t;
        }
        case 3 -> {
          red[i] = p;
          green[i] = q;
          blue[i] = max;
        }
        case 4 -> {
          red[i] = t;
          green[i] = p;
          blue[i] = max;
        }
        case 5 -> {
          red[i] = max;
          green[i] = p;
          blue[i] = q;
        }
        // 0, and 6: a hue just below 0 can round up to a full turn.
        default -> {
          red[i] = max;
          green[i] = t;
          blue[i] = p;
        }
      }
    }
  }

  private static void scale(Planes planes, float factor, float offset) {
    scale(planes.red(), factor, offset);
    scale(planes.green(), factor, offset);
    scale(planes.blue(), factor, offset);
  }

  private static void scale(float[] x, float factor, float offset) {
    for (int i = 0; i < x.length; i++) {
      x[i] = clamp(x[i] * factor + offset);
    }
  }

  private static float meanGray(Planes planes) {
    float[] red = planes.red();
    float[] green = planes.green();
    float[] blue = planes.blue();
    double sum = 0;
    for (int i = 0; i < red.length; i++) {
      sum += gray(red[i], green[i], blue[i]);
    }
    return (float) (sum / red.length);
  }

  private static float gray(float red, float green, float blue) {
    return red * GRAY_RED + green * GRAY_GREEN + blue * GRAY_BLUE;
  }

  /** 1 - f, subtracted in double as Python does. */
  private static float rest(float factor) {
    return (float) (1.0 - factor);
  }

  private static float clamp(float x) {
    return Math.min(Math.max(x, 0), 1);
  }
}
