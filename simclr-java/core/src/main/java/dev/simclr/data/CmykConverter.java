package dev.simclr.data;

import java.awt.image.Raster;

/**
 * Turns four-component JPEG samples into RGB. Such files store inverted ink, as Adobe's programs
 * write it: 255 is none.
 */
final class CmykConverter {
  // libjpeg's fixed-point colour conversion (jdcolor.c): 16 fractional bits, rounded.
  private static final int BITS = 16;
  private static final int HALF = 1 << (BITS - 1);
  private static final int CR_TO_R = fixed(1.40200);
  private static final int CB_TO_B = fixed(1.77200);
  private static final int CR_TO_G = fixed(0.71414);
  private static final int CB_TO_G = fixed(0.34414);

  private CmykConverter() {}

  static RgbImage fromCmyk(Raster samples) {
    return convert(samples, false);
  }

  /** YCCK: the first three components are the YCbCr form of the inks' complement. */
  static RgbImage fromYcck(Raster samples) {
    return convert(samples, true);
  }

  private static RgbImage convert(Raster samples, boolean ycc) {
    int height = samples.getHeight();
    int width = samples.getWidth();
    byte[] pixels = new byte[Math.multiplyExact(height * RgbImage.CHANNELS, width)];
    int[] row = new int[width * 4];
    int at = 0;
    for (int y = 0; y < height; y++) {
      samples.getPixels(samples.getMinX(), samples.getMinY() + y, width, 1, row);
      for (int i = 0; i < row.length; i += 4) {
        if (ycc) {
          toStoredInk(row, i);
        }
        int light = row[i + 3];
        pixels[at++] = (byte) mix(row[i], light);
        pixels[at++] = (byte) mix(row[i + 1], light);
        pixels[at++] = (byte) mix(row[i + 2], light);
      }
    }
    return new RgbImage(height, width, pixels);
  }

  private static void toStoredInk(int[] row, int i) {
    int luma = row[i];
    int cb = row[i + 1] - 128;
    int cr = row[i + 2] - 128;
    row[i] = 255 - clamp(luma + (CR_TO_R * cr + HALF >> BITS));
    row[i + 1] = 255 - clamp(luma + (-CB_TO_G * cb - CR_TO_G * cr + HALF >> BITS));
    row[i + 2] = 255 - clamp(luma + (CB_TO_B * cb + HALF >> BITS));
  }

  /** {@code light - ink * light / 255}, rounded as Pillow rounds it. */
  private static int mix(int storedInk, int light) {
    int product = (255 - storedInk) * light + 128;
    return clamp(light - (((product >> 8) + product) >> 8));
  }

  private static int clamp(int v) {
    return Math.clamp(v, 0, 255);
  }

  private static int fixed(double v) {
    return (int) (v * (1 << BITS) + 0.5);
  }
}
