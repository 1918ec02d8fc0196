package dev.simclr.data;

/**
 * What an image file may ask for before its pixels are decoded. A file that asks for more is a bad
 * image: a header of 20 bytes can otherwise cost gigabytes.
 *
 * @param maxSide most pixels in a row or column, up to 65,500 (what the JPEG format and the JDK's
 *     decoder allow)
 * @param maxPixels most pixels in all
 * @param maxFileBytes longest encoded file in bytes
 */
public record DecodeLimits(int maxSide, long maxPixels, long maxFileBytes) {
  /** The largest side that any limits may allow. */
  public static final int MAX_SIDE = 65_500;

  /** The largest number of pixels that any limits may allow: 3 bytes each must fit in an array. */
  public static final long MAX_PIXELS = 178_956_970;

  private static final long MAX_FILE_BYTES = 1L << 30;

  /**
   * Checks the limits.
   *
   * @throws IllegalArgumentException if a limit is below 1 or above what the decoders can do
   */
  public DecodeLimits {
    check("maxSide", maxSide, MAX_SIDE);
    check("maxPixels", maxPixels, MAX_PIXELS);
    check("maxFileBytes", maxFileBytes, MAX_FILE_BYTES);
  }

  /** Sides up to 65,500, 89,478,485 pixels (268 MB of RGB), files up to 256 MiB. */
  public static DecodeLimits defaults() {
    return new DecodeLimits(MAX_SIDE, 89_478_485, 256L << 20);
  }

  /** The largest limits there are. */
  static DecodeLimits largest() {
    return new DecodeLimits(MAX_SIDE, MAX_PIXELS, MAX_FILE_BYTES);
  }

  /** Refuses dimensions outside the limits. Called before any pixel memory is allocated. */
  void checkSize(long width, long height) throws BadImageException {
    if (width < 1 || height < 1) {
      throw new BadImageException("its header says " + width + "x" + height + " pixels");
    }
    if (width > maxSide || height > maxSide) {
      throw new BadImageException(
          "its header says " + width + "x" + height + " pixels, a side may have " + maxSide);
    }
    if (width * height > maxPixels) {
      throw new BadImageException(
          "its header says " + width + "x" + height + " pixels, allowed are " + maxPixels);
    }
  }

  private static void check(String name, long value, long max) {
    if (value < 1 || value > max) {
      throw new IllegalArgumentException(name + " must be in [1, " + max + "], got " + value);
    }
  }
}
