package dev.simclr.augment;

import java.util.Objects;
import java.util.Optional;

/**
 * What all views of a run have in common: float32, three channels, square.
 *
 * @param size rows and columns, 1 to 4096
 * @param layout order of the values in memory
 * @param interpolation how crops are resized
 * @param normalization the last operation; without it values are in [0, 1]
 */
public record ViewFormat(
    int size,
    PixelLayout layout,
    Interpolation interpolation,
    Optional<Normalization> normalization) {

  /** Channels of a view: red, green, blue. */
  public static final int CHANNELS = 3;

  private static final int LARGEST_SIZE = 4096;

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if the size is out of range
   */
  public ViewFormat {
    if (size < 1 || size > LARGEST_SIZE) {
      throw Checks.refused("view size", size, "1 to " + LARGEST_SIZE);
    }
    Objects.requireNonNull(layout, "layout");
    Objects.requireNonNull(interpolation, "interpolation");
    Objects.requireNonNull(normalization, "normalization");
  }

  /** Views for channels_last training: bilinear, values in [0, 1]. */
  public static ViewFormat of(int size) {
    return new ViewFormat(
        size, PixelLayout.CHANNELS_LAST, Interpolation.BILINEAR, Optional.empty());
  }

  /** Number of float32 values of a view. */
  public int values() {
    return CHANNELS * size * size;
  }

  /** Bytes of a view. */
  public long bytes() {
    return (long) values() * Float.BYTES;
  }

  /**
   * Taps of the Gaussian blur: 2 int((size // 10) / 2) + 1, as in the SimCLR reference; 23 at 224
   * pixels, 3 at 32. Below 20 pixels it is 1, and blurring changes nothing.
   */
  public int blurTaps() {
    return 2 * (size / 10 / 2) + 1;
  }
}
