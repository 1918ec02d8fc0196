package dev.simclr.torch;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.simclr.torch.internal.SctAugment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;

/**
 * Views of images, described one by one and computed in one native call: crop, resize, flip, then a
 * list of operations.
 *
 * <pre>{@code
 * AugmentBatch batch = new AugmentBatch(format);
 * batch.view(image, height, width, top, left, cropHeight, cropWidth, flip, row);
 * batch.op(AugmentOp.BRIGHTNESS, 1.2f);
 * batch.run(out);
 * }</pre>
 *
 * <p>Views of host memory are computed by the CPU into host memory, views of {@link CudaImages} by
 * their GPU into a tensor there; a batch has views of one of both kinds.
 *
 * <p>The descriptions lie in native memory that is used again after each run and grows with the
 * largest batch; the garbage collector frees it. Belongs to one thread at a time. The CPU computes
 * views on the thread that calls {@link #run(MemorySegment)}, which calls nothing of libtorch, but
 * must not be a virtual thread.
 */
public final class AugmentBatch {

  /** Most operations of a view. */
  public static final int MAX_OPS = SctAugment.MAX_OPS;

  private static final long ALIGNMENT = 64;
  private static final int INITIAL_VIEWS = 16;

  /** Most bytes for copies of images that are kept from run to run. */
  private static final long KEPT_STAGING = 16L << 20;

  private final AugmentFormat format;
  private final MemorySegment nativeFormat;
  private MemorySegment views;

  /**
   * What the addresses in {@link #views} point to, so that it stays where it is: segments or {@link
   * CudaImages}.
   */
  private Object[] images;

  private long[] rows;
  private int count;

  /** Views of images on a GPU. */
  private int cudaCount;

  private int ops;
  private MemorySegment staging = MemorySegment.NULL;
  private long staged;

  /** Makes an empty batch. */
  public AugmentBatch(AugmentFormat format) {
    this.format = format;
    this.nativeFormat = Arena.ofAuto().allocate(SctAugment.FORMAT_BYTES, ALIGNMENT);
    SctAugment.writeFormat(
        nativeFormat,
        format.size(),
        format.dtype().code(),
        format.layout() == MemoryFormat.CHANNELS_LAST,
        format.resizeCode(),
        format.normalize().map(n -> floats(n.mean())).orElse(null),
        format.normalize().map(n -> floats(n.std())).orElse(null),
        format.isaCode());
    this.views = Arena.ofAuto().allocate(INITIAL_VIEWS * SctAugment.VIEW_BYTES, ALIGNMENT);
    this.images = new Object[INITIAL_VIEWS];
    this.rows = new long[INITIAL_VIEWS];
  }

  private static float[] floats(List<Float> values) {
    float[] array = new float[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i);
    }
    return array;
  }

  /** Returns what all views have in common. */
  public AugmentFormat format() {
    return format;
  }

  /** Returns how many views are waiting to be computed. */
  public int size() {
    return count;
  }

  /**
   * Adds a view of a box of an image, resized to the size of the view, without operations.
   *
   * @param image uint8 [imageHeight, imageWidth, 3] in row-major order, exactly that many bytes.
   *     Native memory that cannot be closed, as of an automatic arena or a mapped data set, is read
   *     where it lies and must not change before {@link #run} has returned; other memory, such as
   *     an array, is copied now
   * @param imageHeight rows of the image, at least 1
   * @param imageWidth columns of the image, at least 1
   * @param top first row of the box
   * @param left first column of the box
   * @param height rows of the box, at least 1
   * @param width columns of the box, at least 1
   * @param flip whether left and right are exchanged after resizing, before the operations
   * @param row where the view goes in the output, counted in views
   * @throws IllegalArgumentException if the image has another size or the box leaves it, naming the
   *     value
   */
  public void view(
      MemorySegment image,
      int imageHeight,
      int imageWidth,
      int top,
      int left,
      int height,
      int width,
      boolean flip,
      long row) {
    requireImage(image, imageHeight, imageWidth);
    requireCrop(imageHeight, imageWidth, top, left, height, width);
    int size = format.size();
    add(image, imageHeight, imageWidth, top, left, height, width, flip, row);
    SctAugment.writeWindow(views, count - 1, size, size, 0, 0);
  }

  /**
   * Adds a view of a box of an image on a GPU, otherwise as the other method.
   *
   * @param index of the image among {@code images}
   * @throws IllegalArgumentException if there is no such image or the box leaves it, naming the
   *     value
   */
  public void view(
      CudaImages images,
      long index,
      int top,
      int left,
      int height,
      int width,
      boolean flip,
      long row) {
    requireCrop(images.height(), images.width(), top, left, height, width);
    int size = format.size();
    add(images, index, top, left, height, width, flip, row);
    SctAugment.writeWindow(views, count - 1, size, size, 0, 0);
  }

  /**
   * Adds a view that is a window of a resized image, without operations: the whole image is resized
   * to {@code fullHeight} x {@code fullWidth}, and the view is the part of it that starts at
   * ({@code windowTop}, {@code windowLeft}). Only that part is computed.
   *
   * @param image as in {@link #view}
   * @param imageHeight rows of the image, at least 1
   * @param imageWidth columns of the image, at least 1
   * @param fullHeight rows of the resized image
   * @param fullWidth columns of the resized image
   * @param windowTop first row of the view
   * @param windowLeft first column of the view
   * @param row where the view goes in the output, counted in views
   * @throws IllegalArgumentException if the image has another size, or the view leaves the resized
   *     image
   */
  public void window(
      MemorySegment image,
      int imageHeight,
      int imageWidth,
      long fullHeight,
      long fullWidth,
      long windowTop,
      long windowLeft,
      long row) {
    requireImage(image, imageHeight, imageWidth);
    requireWindow(fullHeight, fullWidth, windowTop, windowLeft);
    add(image, imageHeight, imageWidth, 0, 0, imageHeight, imageWidth, false, row);
    SctAugment.writeWindow(views, count - 1, fullHeight, fullWidth, windowTop, windowLeft);
  }

  /**
   * Adds a view that is a window of a resized image on a GPU, otherwise as the other method.
   *
   * @param index of the image among {@code images}
   * @throws IllegalArgumentException if there is no such image, or the view leaves the resized
   *     image
   */
  public void window(
      CudaImages images,
      long index,
      long fullHeight,
      long fullWidth,
      long windowTop,
      long windowLeft,
      long row) {
    requireWindow(fullHeight, fullWidth, windowTop, windowLeft);
    add(images, index, 0, 0, images.height(), images.width(), false, row);
    SctAugment.writeWindow(views, count - 1, fullHeight, fullWidth, windowTop, windowLeft);
  }

  private void requireWindow(long fullHeight, long fullWidth, long windowTop, long windowLeft) {
    int size = format.size();
    if (windowTop < 0
        || windowLeft < 0
        || fullHeight - size < windowTop
        || fullWidth - size < windowLeft) {
      throw refused(
          "window",
          size + "x" + size + " at " + windowTop + "," + windowLeft,
          "within the resized image, which is " + fullHeight + "x" + fullWidth);
    }
  }

  /** Appends an operation with one argument, or with none, to the view that was added last. */
  public void op(AugmentOp op, float value) {
    op(op, value, 0, 0, 0, 0);
  }

  /**
   * Appends an operation to the view that was added last. The arguments are checked when it is run.
   *
   * @throws IllegalStateException if no view was added
   * @throws IllegalArgumentException if the view has {@link #MAX_OPS} operations
   */
  public void op(AugmentOp op, float value, int i0, int i1, int i2, int i3) {
    if (count == 0) {
      throw new IllegalStateException("no view was added that could have operation " + op);
    }
    if (ops == MAX_OPS) {
      throw refused("operation " + op, "number " + (ops + 1), "at most " + MAX_OPS + " for a view");
    }
    SctAugment.writeOp(views, count - 1, ops, op.code(), value, i0, i1, i2, i3);
    ops++;
  }

  /** Forgets the views that were added. */
  public void clear() {
    Arrays.fill(images, 0, count, null);
    count = 0;
    cudaCount = 0;
    ops = 0;
    staged = 0;
    if (staging.byteSize() > KEPT_STAGING) {
      staging = MemorySegment.NULL;
    }
  }

  /**
   * Computes all views that were added, and forgets them, also if it fails. Bytes of other rows are
   * not touched.
   *
   * @param out room for rows of {@link AugmentFormat#viewBytes()} bytes, on or off the heap; native
   *     memory must be aligned to the elements
   * @throws IllegalArgumentException if it is read-only, not a number of whole rows, misaligned,
   *     not accessible by this thread, or has no row that a view is meant for; or if an image is on
   *     a GPU
   * @throws TorchException of kind INVALID_ARGUMENT if an operation has arguments that it cannot
   *     have; nothing is written then. Of kind UNSUPPORTED if the machine lacks the format's
   *     instruction set
   * @throws IllegalStateException on a virtual thread
   */
  public void run(MemorySegment out) {
    try {
      long outRows = rowsOf(out);
      requireRows(outRows);
      if (cudaCount > 0) {
        throw refused("out", "host memory", "a CUDA tensor, since images are on a GPU");
      }
      if (count > 0) {
        if (out.isNative()) {
          SctAugment.augment(nativeFormat, views, count, out, outRows);
        } else {
          runToHeap(out, outRows);
        }
      }
      Reference.reachabilityFence(images);
    } finally {
      clear();
    }
  }

  /**
   * Computes all views that were added on the GPU that has their images, in the order of the
   * current stream of its device, and forgets them, also if it fails. Returns as soon as the work
   * is handed over. Elements of other rows are not touched, and autograd does not notice the
   * change.
   *
   * @param out {@code [N, 3, size, size]} of the format's dtype and layout, without gaps, on the
   *     GPU of all the images
   * @throws IllegalArgumentException if it is anything else, or has no row that a view is meant
   *     for; or if an image is in host memory
   * @throws IllegalStateException if the tensor of an image is closed, and on a virtual thread
   * @throws TorchException as {@link #run(MemorySegment)}; of kind OUT_OF_MEMORY if the GPU's is
   *     used up, and of kind UNSUPPORTED if this library's own CUDA code is not loaded
   */
  public void run(Tensor out) {
    try {
      requireRows(rowsOf(out));
      if (cudaCount < count) {
        throw refused("out", "a tensor", "host memory, since images are in host memory");
      }
      Device device = out.device();
      for (int i = 0; i < count; i++) {
        CudaImages source = (CudaImages) images[i];
        source.requireOpen();
        if (!source.device().equals(device)) {
          throw refused("device of out", device, source.device() + ", as the images");
        }
      }
      if (count > 0) {
        SctAugment.augmentCuda(nativeFormat, views, count, out.handle());
      }
    } finally {
      clear();
    }
  }

  private long rowsOf(Tensor out) {
    long size = format.size();
    long[] shape = out.shape();
    if (out.dtype() != format.dtype()
        || shape.length != 4
        || shape[1] != AugmentFormat.CHANNELS
        || shape[2] != size
        || shape[3] != size) {
      throw refused(
          "out",
          out.dtype() + " " + Arrays.toString(shape),
          format.dtype() + " [N, 3, " + size + ", " + size + "]");
    }
    boolean fits =
        format.layout() == MemoryFormat.CHANNELS_LAST ? out.isChannelsLast() : out.isContiguous();
    if (!fits) {
      throw refused("strides of out", Arrays.toString(out.strides()), format.layout().toString());
    }
    return shape[0];
  }

  private void requireRows(long outRows) {
    for (int i = 0; i < count; i++) {
      if (rows[i] < 0 || rows[i] >= outRows) {
        throw refused("row of view " + i, rows[i], "0 to " + (outRows - 1));
      }
    }
  }

  private void runToHeap(MemorySegment out, long outRows) {
    long bytes = format.viewBytes();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(out.byteSize(), ALIGNMENT);
      SctAugment.augment(nativeFormat, views, count, copy, outRows);
      for (int i = 0; i < count; i++) {
        MemorySegment.copy(copy, rows[i] * bytes, out, rows[i] * bytes, bytes);
      }
    }
  }

  private long rowsOf(MemorySegment out) {
    long bytes = format.viewBytes();
    if (out.isReadOnly()) {
      throw refused("out", "read-only", "writable memory");
    }
    if (out.byteSize() % bytes != 0) {
      throw refused("out", out.byteSize() + " bytes", "views of " + bytes + " bytes");
    }
    if (out.isNative() && out.address() % format.dtype().byteSize() != 0) {
      throw refused(
          "address of out",
          "0x" + Long.toHexString(out.address()),
          "multiples of " + format.dtype().byteSize());
    }
    requireAccess("out", out);
    return out.byteSize() / bytes;
  }

  private static void requireImage(MemorySegment image, int imageHeight, int imageWidth) {
    if (imageHeight < 1 || imageWidth < 1) {
      throw refused("image", imageHeight + "x" + imageWidth, "at least 1x1");
    }
    long bytes = (long) imageHeight * imageWidth * AugmentFormat.CHANNELS;
    if (image.byteSize() != bytes) {
      throw refused(
          "image",
          image.byteSize() + " bytes",
          bytes + " bytes, for " + imageHeight + "x" + imageWidth + " pixels of 3");
    }
  }

  private static void requireCrop(
      int imageHeight, int imageWidth, int top, int left, int height, int width) {
    if (top < 0
        || left < 0
        || height < 1
        || width < 1
        || height > imageHeight - top
        || width > imageWidth - left) {
      throw refused(
          "crop",
          height + "x" + width + " at " + top + "," + left,
          "within the image, which is " + imageHeight + "x" + imageWidth);
    }
  }

  private void add(
      MemorySegment image,
      int imageHeight,
      int imageWidth,
      int top,
      int left,
      int height,
      int width,
      boolean flip,
      long row) {
    MemorySegment pixels = image;
    if (!image.isNative() || !TensorMemory.isUnclosable(image)) {
      requireAccess("image", image);
      pixels = stage(image);
    }
    add(pixels, pixels.address(), imageHeight, imageWidth, top, left, height, width, flip, row);
  }

  private void add(
      CudaImages source,
      long index,
      int top,
      int left,
      int height,
      int width,
      boolean flip,
      long row) {
    long address = source.address(index);
    add(source, address, source.height(), source.width(), top, left, height, width, flip, row);
    cudaCount++;
  }

  private void add(
      Object source,
      long address,
      int imageHeight,
      int imageWidth,
      int top,
      int left,
      int height,
      int width,
      boolean flip,
      long row) {
    if (count == images.length) {
      grow();
    }
    images[count] = source;
    rows[count] = row;
    SctAugment.writeView(
        views, count, address, imageHeight, imageWidth, top, left, height, width, row, flip);
    count++;
    ops = 0;
  }

  /** Views that point into an outgrown block keep it. */
  private MemorySegment stage(MemorySegment image) {
    if (staging.byteSize() - staged < image.byteSize()) {
      long bytes = Math.max(2 * staging.byteSize(), image.byteSize());
      staging = Arena.ofAuto().allocate(bytes, ALIGNMENT);
      staged = 0;
    }
    MemorySegment copy = staging.asSlice(staged, image.byteSize());
    copy.copyFrom(image);
    staged += image.byteSize();
    return copy;
  }

  private void grow() {
    int capacity = 2 * images.length;
    MemorySegment larger = Arena.ofAuto().allocate(capacity * SctAugment.VIEW_BYTES, ALIGNMENT);
    MemorySegment.copy(views, JAVA_BYTE, 0, larger, JAVA_BYTE, 0, views.byteSize());
    views = larger;
    images = Arrays.copyOf(images, capacity);
    rows = Arrays.copyOf(rows, capacity);
  }

  private static void requireAccess(String name, MemorySegment memory) {
    if (!memory.isAccessibleBy(Thread.currentThread())) {
      throw refused(name, "memory of another thread", "memory that this thread may use");
    }
  }

  private static IllegalArgumentException refused(String name, Object value, String allowed) {
    return new IllegalArgumentException(name + " is " + value + "; allowed: " + allowed);
  }
}
