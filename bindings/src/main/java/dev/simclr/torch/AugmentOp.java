package dev.simclr.torch;

import dev.simclr.torch.internal.SctAugment;

/**
 * The operations that {@link AugmentBatch} knows, in the notation of {@code sct/augment.h}: x is a
 * value of the view, {@code value} and {@code integers} are the operation's arguments, gray is
 * 0.2989 r + 0.587 g + 0.114 b, and clamped means to [0, 1].
 */
public enum AugmentOp {
  /** x value, clamped. */
  BRIGHTNESS(SctAugment.BRIGHTNESS),
  /** x value + m (1 - value), clamped; m is the mean gray of the view at that moment. */
  CONTRAST(SctAugment.CONTRAST),
  /** x value + gray (1 - value), clamped. */
  SATURATION(SctAugment.SATURATION),
  /**
   * The hue in HSV shifted by {@code value} turns, -0.5 to 0.5. The largest channel keeps its
   * value, the others are clamped.
   */
  HUE(SctAugment.HUE),
  /** All channels become gray. */
  GRAY(SctAugment.GRAY),
  /** Gaussian blur of standard deviation {@code value} pixels, reflected at the border. */
  BLUR(SctAugment.BLUR),
  /** 1 - x where x is at least {@code value}. */
  SOLARIZE(SctAugment.SOLARIZE),
  /** Equalised histogram of each channel. */
  EQUALIZE(SctAugment.EQUALIZE),
  /** 0 in the box of {@code integers}: top, left, height, width. */
  CUTOUT(SctAugment.CUTOUT),
  /** Rotation by {@code integers[0]} quarter turns counterclockwise, 0 to 3. */
  ROTATION(SctAugment.ROTATION),
  /** Magnitude of the Sobel gradient of gray. */
  SOBEL(SctAugment.SOBEL),
  /**
   * Normal noise of standard deviation {@code value} from the Philox key {@code integers[0, 1]}.
   */
  NOISE(SctAugment.NOISE),
  /** x value + m (1 - value), clamped; m is the mean of the channel at that moment. */
  CONTRAST_CHANNELS(SctAugment.CONTRAST_CHANNELS),
  /** The saturation in HSV times {@code value}, clamped. */
  SATURATION_HSV(SctAugment.SATURATION_HSV),
  /** x, clamped. */
  CLAMP(SctAugment.CLAMP),
  /** Gaussian blur of standard deviation {@code value} pixels, zeros beyond the border. */
  BLUR_ZERO(SctAugment.BLUR_ZERO),
  /**
   * The box of {@code integers}, which are top, left, height and width, resized to the size of the
   * view with the format's interpolation.
   */
  CROP(SctAugment.CROP);

  private final int code;

  AugmentOp(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
