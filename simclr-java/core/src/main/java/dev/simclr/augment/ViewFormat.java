package dev.simclr.augment;

import dev.simclr.torch.DType;
import java.util.Objects;
import java.util.Optional;

/**
 * What all views of a run have in common: three channels, square.
 *
 * @param size rows and columns, 1 to 4096
 * @param dtype {@link DType#FLOAT32}, or {@link DType#BFLOAT16}, to which the float32 result is
 *     rounded (half to even)
 * @param layout order of the values in memory
 * @param interpolation how crops are resized
 * @param normalization the last operation; without it values are in [0, 1], but for the overshoot
 *     of a cubic resize that no operation has clamped
 */
public record ViewFormat(
    int size,
    DType dtype,
    PixelLayout layout,
    Interpolation interpolation,
    Optional<Normalization> normalization) {

  /** Channels of a view: red, green, blue. */
  public static final int CHANNELS = 3;

  private static final int LARGEST_SIZE = 4096;

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if the size or the type is out of range
   */
  public ViewFormat {
    if (size < 1 || size > LARGEST_SIZE) {
      throw Checks.refused("view size", size, "1 to " + LARGEST_SIZE);
    }
    if (dtype != DType.FLOAT32 && dtype != DType.BFLOAT16) {
      throw Checks.refused("view dtype", dtype, "float32, bfloat16");
    }
    Objects.requireNonNull(layout, "layout");
    Objects.requireNonNull(interpolation, "interpolation");
    Objects.requireNonNull(normalization, "normalization");
  }

  /** Views for channels_last training: float32, bilinear, values in [0, 1]. */
  public static ViewFormat of(int size) {
    return new ViewFormat(
        size, DType.FLOAT32, PixelLayout.CHANNELS_LAST, Interpolation.BILINEAR, Optional.empty());
  }

  /** The same with another type. */
  public ViewFormat withDtype(DType value) {
    return new ViewFormat(size, value, layout, interpolation, normalization);
  }

  /** The same with another order of the values. */
  public ViewFormat withLayout(PixelLayout value) {
    return new ViewFormat(size, dtype, value, interpolation, normalization);
  }

  /** The same with another filter. */
  public ViewFormat withInterpolation(Interpolation value) {
    return new ViewFormat(size, dtype, layout, value, normalization);
  }

  /** The same without normalisation. */
  public ViewFormat withoutNormalization() {
    return new ViewFormat(size, dtype, layout, interpolation, Optional.empty());
  }

  /** Number of values of a view. */
  public int values() {
    return CHANNELS * size * size;
  }

  /** Bytes of a view. */
  public long bytes() {
    return (long) values() * dtype.byteSize();
  }

  /**
   * Taps of the Gaussian blur: 2 int((size // 10) / 2) + 1, as in the SimCLR reference; 23 at 224
   * pixels, 3 at 32. Below 20 pixels it is 1, and blurring changes nothing.
   */
  public int blurTaps() {
    return 2 * (size / 10 / 2) + 1;
  }
}
