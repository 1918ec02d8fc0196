package dev.simclr.augment;

import dev.simclr.torch.AugmentBatch;
import dev.simclr.torch.AugmentFormat;
import dev.simclr.torch.AugmentOp;
import dev.simclr.torch.CudaImages;
import dev.simclr.torch.MemoryFormat;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TorchException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Computes views: they are added one by one, then computed together in one native call, straight
 * from the images into the batch.
 *
 * <p>An instance belongs to one thread at a time: it reuses its memory from batch to batch. Other
 * implementations differ in speed and device, not in what a view is: given the same parameters
 * their values agree to 1e-5. Solarisation and equalisation have thresholds: a value that rounding
 * puts on the other side of one differs by whole levels.
 */
public final class Augmenter {
  private final ViewFormat format;
  private final AugmentBatch batch;

  /** Makes an augmenter that uses the best instructions of this machine. */
  public Augmenter(ViewFormat format) {
    this(format, AugmentFormat.Isa.AUTO);
  }

  /** Makes an augmenter that uses a given instruction set; results agree to rounding. */
  public Augmenter(ViewFormat format, AugmentFormat.Isa isa) {
    this.format = format;
    this.batch =
        new AugmentBatch(
            new AugmentFormat(
                format.size(),
                format.dtype(),
                switch (format.layout()) {
                  case CHANNELS_LAST -> MemoryFormat.CHANNELS_LAST;
                  case CONTIGUOUS -> MemoryFormat.CONTIGUOUS;
                },
                switch (format.interpolation()) {
                  case BILINEAR -> AugmentFormat.Resize.BILINEAR;
                  case BICUBIC -> AugmentFormat.Resize.BICUBIC;
                  case BICUBIC_TENSORFLOW -> AugmentFormat.Resize.BICUBIC_TENSORFLOW;
                },
                format
                    .normalization()
                    .map(n -> new AugmentFormat.Normalize(floats(n.mean()), floats(n.std()))),
                isa));
  }

  private static List<Float> floats(List<Double> values) {
    return values.stream().map(Double::floatValue).toList();
  }

  /** The format of the views. */
  public ViewFormat format() {
    return format;
  }

  /** How many views were added and not yet computed. */
  public int size() {
    return batch.size();
  }

  /**
   * Adds one view.
   *
   * @param image uint8 [height, width, 3] in row-major order, exactly that many bytes. Memory of a
   *     data set is read by {@link #run}; an array, or memory that can be closed, is copied now
   * @param height rows of the image, at least 1
   * @param width columns of the image, at least 1
   * @param params what to do; its crop lies within the image
   * @param row where the view goes in the batch, counted in views
   * @throws IllegalArgumentException if the image has another size or the crop leaves it, or an
   *     operation does not fit the view
   */
  public void add(MemorySegment image, int height, int width, AugmentParams params, long row) {
    requireFit(params);
    batch.view(
        image,
        height,
        width,
        params.top(),
        params.left(),
        params.height(),
        params.width(),
        params.flip(),
        row);
    addOps(params);
  }

  /**
   * Adds one view of an image on a GPU, which {@link #run(Tensor)} computes there.
   *
   * @param images images on the GPU
   * @param index of the image among them
   * @param params as of the other method
   * @param row where the view goes in the batch, counted in views
   * @throws IllegalArgumentException if there is no such image, the crop leaves it, or an operation
   *     does not fit the view
   */
  public void add(CudaImages images, long index, AugmentParams params, long row) {
    requireFit(params);
    batch.view(
        images,
        index,
        params.top(),
        params.left(),
        params.height(),
        params.width(),
        params.flip(),
        row);
    addOps(params);
  }

  private void requireFit(AugmentParams params) {
    List<ViewOp> ops = params.ops();
    for (int i = 0; i < ops.size(); i++) { // by index: an iterator would be garbage
      switch (ops.get(i)) {
        case ViewOp.Cutout(int top, int left, int height, int width) ->
            requireWithin("cutout", top, left, height, width);
        case ViewOp.Crop(int top, int left, int height, int width) ->
            requireWithin("view crop", top, left, height, width);
        default -> {}
      }
    }
  }

  private void addOps(AugmentParams params) {
    List<ViewOp> ops = params.ops();
    for (int i = 0; i < ops.size(); i++) {
      add(ops.get(i));
    }
  }

  /** Adds a view of a resized image, without operations, as evaluation needs it. */
  void addWindow(
      MemorySegment image,
      int height,
      int width,
      long fullHeight,
      long fullWidth,
      long windowTop,
      long windowLeft,
      long row) {
    batch.window(image, height, width, fullHeight, fullWidth, windowTop, windowLeft, row);
  }

  private void add(ViewOp op) {
    switch (op) {
      case ViewOp.Brightness(float factor) -> batch.op(AugmentOp.BRIGHTNESS, factor);
      case ViewOp.Contrast(float factor) -> batch.op(AugmentOp.CONTRAST, factor);
      case ViewOp.ContrastChannels(float factor) -> batch.op(AugmentOp.CONTRAST_CHANNELS, factor);
      case ViewOp.Saturation(float factor) -> batch.op(AugmentOp.SATURATION, factor);
      case ViewOp.SaturationHsv(float factor) -> batch.op(AugmentOp.SATURATION_HSV, factor);
      case ViewOp.Hue(float shift) -> batch.op(AugmentOp.HUE, shift);
      case ViewOp.Gray() -> batch.op(AugmentOp.GRAY, 0);
      case ViewOp.Blur(float sigma) -> batch.op(AugmentOp.BLUR, sigma);
      case ViewOp.BlurZero(float sigma) -> batch.op(AugmentOp.BLUR_ZERO, sigma);
      case ViewOp.Solarize(float threshold) -> batch.op(AugmentOp.SOLARIZE, threshold);
      case ViewOp.Equalize() -> batch.op(AugmentOp.EQUALIZE, 0);
      case ViewOp.Cutout(int top, int left, int height, int width) ->
          batch.op(AugmentOp.CUTOUT, 0, top, left, height, width);
      case ViewOp.Crop(int top, int left, int height, int width) ->
          batch.op(AugmentOp.CROP, 0, top, left, height, width);
      case ViewOp.Rotation(int quarterTurns) ->
          batch.op(AugmentOp.ROTATION, 0, quarterTurns, 0, 0, 0);
      case ViewOp.Sobel() -> batch.op(AugmentOp.SOBEL, 0);
      case ViewOp.Noise(float std, long key) ->
          batch.op(AugmentOp.NOISE, std, (int) key, (int) (key >>> 32), 0, 0);
      case ViewOp.Clamp() -> batch.op(AugmentOp.CLAMP, 0);
    }
  }

  private void requireWithin(String name, int top, int left, int height, int width) {
    int size = format.size();
    if (height > size - top || width > size - left) {
      throw Checks.refused(
          name,
          height + "x" + width + " at " + top + "," + left,
          "within the view, which is " + size + "x" + size);
    }
  }

  /**
   * Computes the views that were added, on this thread, and forgets them.
   *
   * @param batch room for whole views of {@link ViewFormat#bytes()}; other rows are not touched
   * @throws IllegalArgumentException if it is not a number of whole views, is read-only or
   *     misaligned, or lacks a row
   * @throws IllegalStateException on a virtual thread
   */
  public void run(MemorySegment batch) {
    this.batch.run(batch);
  }

  /**
   * Computes the views that were added on the GPU that has their images, in the order of its
   * current stream, and forgets them.
   *
   * @param batch {@code [N, 3, size, size]} of the format's dtype and layout on that GPU; other
   *     rows are not touched
   * @throws IllegalArgumentException if it is anything else or lacks a row, or an image is in host
   *     memory
   * @throws IllegalStateException if the tensor of an image is closed, and on a virtual thread
   * @throws TorchException if the GPU's memory is used up
   */
  public void run(Tensor batch) {
    this.batch.run(batch);
  }

  /** Forgets the views that were added. */
  public void clear() {
    batch.clear();
  }

  /**
   * Computes one view; parameters as {@link #add}'s.
   *
   * @param out receives exactly {@link ViewFormat#bytes()} bytes in native byte order
   * @param outOffset where in {@code out}, in bytes
   * @throws IllegalArgumentException see {@link #add} and {@link #run}
   * @throws IndexOutOfBoundsException if the view does not fit in {@code out}
   */
  public void apply(
      MemorySegment image,
      int height,
      int width,
      AugmentParams params,
      MemorySegment out,
      long outOffset) {
    MemorySegment view = out.asSlice(outOffset, format.bytes());
    clear();
    add(image, height, width, params, 0);
    run(view);
  }
}
