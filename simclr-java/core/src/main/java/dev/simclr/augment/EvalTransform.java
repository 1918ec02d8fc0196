package dev.simclr.augment;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The transform for evaluation: resize, centre crop and normalisation, through the same engine as
 * training.
 *
 * <p>With the filters of PyTorch it is torchvision's {@code Resize} of the short side (antialiased)
 * and {@code CenterCrop}: views above 32 pixels keep the central 7/8, since the short side becomes
 * 8/7 of the view, 256 for 224. Smaller ones keep all of the short side, so a 32x32 image becomes a
 * 32x32 view pixel by pixel.
 *
 * <p>With {@link Interpolation#BICUBIC_TENSORFLOW} it is the SimCLR reference's: the central square
 * of 0.875 of the short side (all of it up to 32 pixels), resized, and clamped to [0, 1].
 *
 * <p>An instance belongs to one thread at a time: it reuses its memory from batch to batch.
 */
public final class EvalTransform {
  private static final int LARGEST_UNCROPPED = 32;
  private static final float GOOGLE_PROPORTION = 0.875f;
  private static final List<ViewOp> CLAMP = List.of(new ViewOp.Clamp());

  private final ViewFormat format;
  private final Augmenter augmenter;

  /** Makes a transform and its working memory, for one thread. */
  public EvalTransform(ViewFormat format) {
    this.format = format;
    this.augmenter = new Augmenter(format);
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
   * Adds one view; {@link #run} computes it.
   *
   * @param image uint8 [height, width, 3] in row-major order, exactly that many bytes, see {@link
   *     Augmenter#add}
   * @param height rows of the image, at least 1
   * @param width columns of the image, at least 1
   * @param row where the view goes in the batch, counted in views
   * @throws IllegalArgumentException if the image has another size
   */
  public void add(MemorySegment image, int height, int width, long row) {
    Checks.image(image, height, width);
    if (format.interpolation() == Interpolation.BICUBIC_TENSORFLOW) {
      addGoogle(image, height, width, row);
      return;
    }
    int shorter = Math.min(height, width);
    long fullHeight = (long) shortSide() * height / shorter;
    long fullWidth = (long) shortSide() * width / shorter;
    augmenter.addWindow(
        image, height, width, fullHeight, fullWidth, margin(fullHeight), margin(fullWidth), row);
  }

  private void addGoogle(MemorySegment image, int height, int width, long row) {
    int shorter = Math.min(height, width);
    int side =
        format.size() <= LARGEST_UNCROPPED
            ? shorter
            : Math.max(1, (int) Math.rint(GOOGLE_PROPORTION * shorter));
    int top = (height - side + 1) / 2;
    int left = (width - side + 1) / 2;
    augmenter.add(
        image, height, width, new AugmentParams(top, left, side, side, false, CLAMP), row);
  }

  /**
   * Computes the views that were added, on this thread, and forgets them; see {@link
   * Augmenter#run}.
   */
  public void run(MemorySegment batch) {
    augmenter.run(batch);
  }

  /**
   * Computes one view; parameters as {@link #add}'s.
   *
   * @param out receives exactly {@link ViewFormat#bytes()} bytes in native byte order
   * @param outOffset where in {@code out}, in bytes
   * @throws IllegalArgumentException if the image has another size
   * @throws IndexOutOfBoundsException if the view does not fit in {@code out}
   */
  public void apply(MemorySegment image, int height, int width, MemorySegment out, long outOffset) {
    MemorySegment view = out.asSlice(outOffset, format.bytes());
    augmenter.clear();
    add(image, height, width, 0);
    run(view);
  }

  /** Half of what is cut off, a half pixel rounded to even as {@code CenterCrop} does. */
  private long margin(long full) {
    return (long) Math.rint((full - format.size()) / 2.0);
  }
}
