package dev.simclr.augment;

import java.lang.foreign.MemorySegment;

/**
 * Computes views in Java, in float32, as torchvision's {@code transforms.v2} does on a float
 * tensor: bytes are scaled to [0, 1] first, and every colour operation clamps its result to [0, 1].
 *
 * <p>The working memory is reused from view to view and grows only when an image is wider than all
 * before it.
 */
public final class FloatAugmenter implements Augmenter {
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

  @Override
  public ViewFormat format() {
    return format;
  }

  @Override
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
    for (ColorOp op : params.order()) {
      switch (op) {
        case BRIGHTNESS -> ColorOps.brightness(planes, params.brightness());
        case CONTRAST -> ColorOps.contrast(planes, params.contrast());
        case SATURATION -> ColorOps.saturation(planes, params.saturation());
        case HUE -> ColorOps.hue(planes, params.hue());
      }
    }
    if (params.gray()) {
      ColorOps.gray(planes);
    }
    if (params.blurSigma() > 0 && format.blurTaps() > 1) {
      blur.apply(planes, params.blurSigma());
    }
    writer.write(planes, out, outOffset);
  }
}
