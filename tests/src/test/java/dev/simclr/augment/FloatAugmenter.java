package dev.simclr.augment;

import java.lang.foreign.MemorySegment;

/**
 * The first implementation of views, to which the native one is compared: in Java, in float32, as
 * torchvision's {@code transforms.v2} does on a float tensor: bytes are scaled to [0, 1] first, and
 * every colour operation clamps its result to [0, 1].
 *
 * <p>The working memory is reused from view to view and grows only when an image is wider than all
 * before it.
 */
public final class FloatAugmenter {
  private final ViewFormat format;
  private final Planes planes;
  private final Resampler resampler;
  private final GaussianBlur blur;
  private final ViewWriter writer;

  /** Makes an augmenter and its working memory, for one thread. */
  public FloatAugmenter(ViewFormat format) {
    this.format = format;
    this.planes = new Planes(format.size());
    this.resampler = new Resampler(format.interpolation(), format.size());
    this.blur = new GaussianBlur(format.size(), format.blurTaps());
    this.writer = new ViewWriter(format);
  }

  /** The format of the views. */
  public ViewFormat format() {
    return format;
  }

  /** Computes one view, see {@link Augmenter#apply}. */
  public void apply(
      MemorySegment image,
      int height,
      int width,
      AugmentParams params,
      MemorySegment out,
      long outOffset) {
    Checks.image(image, height, width);
    if (params.height() > height - params.top() || params.width() > width - params.left()) {
      throw Checks.refused(
          "crop",
          params.height() + "x" + params.width() + " at " + params.top() + "," + params.left(),
          "within the image, which is " + height + "x" + width);
    }
    resampler.resample(
        image,
        width,
        new Resampler.Geometry(
            params.top(),
            params.left(),
            params.height(),
            params.width(),
            format.size(),
            format.size(),
            0,
            0,
            params.flip()),
        planes);
    for (ViewOp op : params.ops()) {
      switch (op) {
        case ViewOp.Brightness(float factor) -> ColorOps.brightness(planes, factor);
        case ViewOp.Contrast(float factor) -> ColorOps.contrast(planes, factor);
        case ViewOp.Saturation(float factor) -> ColorOps.saturation(planes, factor);
        case ViewOp.Hue(float shift) -> ColorOps.hue(planes, shift);
        case ViewOp.Gray() -> ColorOps.gray(planes);
        case ViewOp.Blur(float sigma) -> {
          if (format.blurTaps() > 1) {
            blur.apply(planes, sigma);
          }
        }
        default -> throw new IllegalArgumentException("the first implementation has no " + op);
      }
    }
    writer.write(planes, out, outOffset);
  }
}
