package dev.simclr.augment;

import java.lang.foreign.MemorySegment;

/**
 * The transform for evaluation: torchvision's {@code Resize} of the short side (antialiased),
 * {@code CenterCrop} and normalisation.
 *
 * <p>Views above 32 pixels keep the central 7/8: the short side becomes 8/7 of the view, 256 for
 * 224. Smaller ones keep all of the short side, so a 32x32 image becomes a 32x32 view pixel by
 * pixel.
 *
 * <p>An instance belongs to one thread at a time: it reuses its memory from image to image.
 */
public final class EvalTransform {
  private static final int LARGEST_UNCROPPED = 32;

  private final ViewFormat format;
  private final Planes planes;
  private final Resampler resampler;
  private final ViewWriter writer;

  /** Makes a transform and its working memory, for one thread. */
  public EvalTransform(ViewFormat format) {
    this.format = format;
    this.planes = new Planes(format.size());
    this.resampler = new Resampler(format.interpolation(), format.size());
    this.writer = new ViewWriter(format);
  }

  /** The format of the views. */
  public ViewFormat format() {
    return format;
  }

  /** Pixels that the short side of an image is resized to. */
  public int shortSide() {
    int size = format.size();
    return size <= LARGEST_UNCROPPED ? size : (8 * size + 3) / 7;
  }

  /**
   * Computes one view.
   *
   * @param image uint8 [height, width, 3] in row-major order, exactly that many bytes; only read
   * @param height rows of the image, at least 1
   * @param width columns of the image, at least 1
   * @param out receives {@link ViewFormat#bytes()} bytes of float32 in native byte order, and not
   *     one byte beside them
   * @param outOffset where in {@code out}, in bytes
   * @throws IllegalArgumentException if the image has another size
   * @throws IndexOutOfBoundsException if the view does not fit in {@code out}
   */
  public void apply(MemorySegment image, int height, int width, MemorySegment out, long outOffset) {
    Checks.image(image, height, width);
    int shorter = Math.min(height, width);
    long fullHeight = (long) shortSide() * height / shorter;
    long fullWidth = (long) shortSide() * width / shorter;
    resampler.resample(
        image,
        width,
        new Resampler.Geometry(
            0,
            0,
            height,
            width,
            fullHeight,
            fullWidth,
            margin(fullHeight),
            margin(fullWidth),
            false),
        planes);
    writer.write(planes, out, outOffset);
  }

  /** Half of what is cut off, a half pixel rounded to even as {@code CenterCrop} does. */
  private long margin(long full) {
    return (long) Math.rint((full - format.size()) / 2.0);
  }
}
