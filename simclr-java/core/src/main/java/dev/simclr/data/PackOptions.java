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
 */
public record PackOptions(int maxShortSide, DecodeLimits limits, int threads) {
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
    if (maxShortSide < 0) {
      throw new IllegalArgumentException("maxShortSide must be at least 0, got " + maxShortSide);
    }
    if (threads < 0) {
      throw new IllegalArgumentException("threads must be at least 0, got " + threads);
    }
  }

  /** Every image in its own size, default limits, one thread per processor. */
  public static PackOptions defaults() {
    return new PackOptions(0, DecodeLimits.defaults(), 0);
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
    return new PackOptions(side, DecodeLimits.defaults(), 0);
  }

  /** These options with another bound on the short side. */
  public PackOptions withMaxShortSide(int value) {
    return new PackOptions(value, limits, threads);
  }

  /** These options with other limits. */
  public PackOptions withLimits(DecodeLimits value) {
    return new PackOptions(maxShortSide, value, threads);
  }

  /** These options with another number of threads. */
  public PackOptions withThreads(int value) {
    return new PackOptions(maxShortSide, limits, value);
  }

  int decodingThreads() {
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }
}
