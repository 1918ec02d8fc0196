package dev.simclr.data;

import java.util.Objects;

/**
 * How images are packed.
 *
 * @param maxShortSide images whose short side is longer are stored with it reduced to this many
 *     pixels (antialiased); 0 stores every image in its own size. Crops are then taken from the
 *     smaller image, so the bound should be well above the size that training crops to.
 * @param limits what an image may ask for before it is decoded
 * @param threads threads that decode; 0 means one per available processor
 * @param storage what is stored of a JPEG file
 * @param dctScaling whether readers may make images smaller while they decode them, see {@link
 *     PixelReader#read(int, Box, int)}; changes nothing about the pack
 */
public record PackOptions(
    int maxShortSide, DecodeLimits limits, int threads, Storage storage, boolean dctScaling) {
  /** What a pack holds of a JPEG file. Images of other origin are always stored as pixels. */
  public enum Storage {
    /** Its pixels: several times as large, and read without any work. */
    PIXELS,
    /**
     * The file, in the image's own size whatever {@code maxShortSide} is, without what does not
     * decide the pixels. It is decoded once for the pack, so that damage is noticed then, and again
     * each time that the image is used.
     */
    JPEG
  }

  // A random crop of 8 % of the area has a side of about 0.28 of the image's: with 4 times the
  // target
  // size, even the smallest usual crop is not enlarged.
  private static final int SHORT_SIDE_PER_TARGET = 4;

  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if {@code maxShortSide} or {@code threads} is negative
   */
  public PackOptions {
    Objects.requireNonNull(limits, "limits");
    Objects.requireNonNull(storage, "storage");
    if (maxShortSide < 0) {
      throw new IllegalArgumentException("maxShortSide must be at least 0, got " + maxShortSide);
    }
    if (threads < 0) {
      throw new IllegalArgumentException("threads must be at least 0, got " + threads);
    }
  }

  /** The pixels of every image in its own size, default limits, one thread per processor. */
  public static PackOptions defaults() {
    return new PackOptions(0, DecodeLimits.defaults(), 0, Storage.PIXELS, false);
  }

  /**
   * Defaults for training on square views of {@code imageSize} pixels: the short side is stored
   * with at most four times that.
   *
   * @throws IllegalArgumentException if {@code imageSize} is below 1
   */
  public static PackOptions forImageSize(int imageSize) {
    if (imageSize < 1) {
      throw new IllegalArgumentException("imageSize must be at least 1, got " + imageSize);
    }
    int side = Math.min(imageSize, DecodeLimits.MAX_SIDE) * SHORT_SIDE_PER_TARGET;
    return new PackOptions(side, DecodeLimits.defaults(), 0, Storage.PIXELS, false);
  }

  /** These options with another bound on the short side. */
  public PackOptions withMaxShortSide(int value) {
    return new PackOptions(value, limits, threads, storage, dctScaling);
  }

  /** These options with other limits. */
  public PackOptions withLimits(DecodeLimits value) {
    return new PackOptions(maxShortSide, value, threads, storage, dctScaling);
  }

  /** These options with another number of threads. */
  public PackOptions withThreads(int value) {
    return new PackOptions(maxShortSide, limits, value, storage, dctScaling);
  }

  /** These options with another storage of JPEG files. */
  public PackOptions withStorage(Storage value) {
    return new PackOptions(maxShortSide, limits, threads, value, dctScaling);
  }

  /** These options with or without scaling while decoding. */
  public PackOptions withDctScaling(boolean value) {
    return new PackOptions(maxShortSide, limits, threads, storage, value);
  }

  int decodingThreads() {
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }
}
