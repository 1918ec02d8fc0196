package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import dev.simclr.torch.internal.ffm.sct_augment_format;
import dev.simclr.torch.internal.ffm.sct_augment_op;
import dev.simclr.torch.internal.ffm.sct_augment_view;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Calls of augment.h, and the writing of its structs. */
public final class SctAugment {

  public static final int RESIZE_BILINEAR = Sct.SCT_RESIZE_BILINEAR();
  public static final int RESIZE_BICUBIC = Sct.SCT_RESIZE_BICUBIC();
  public static final int RESIZE_BICUBIC_TENSORFLOW = Sct.SCT_RESIZE_BICUBIC_TENSORFLOW();

  public static final int BRIGHTNESS = Sct.SCT_AUGMENT_BRIGHTNESS();
  public static final int CONTRAST = Sct.SCT_AUGMENT_CONTRAST();
  public static final int SATURATION = Sct.SCT_AUGMENT_SATURATION();
  public static final int HUE = Sct.SCT_AUGMENT_HUE();
  public static final int GRAY = Sct.SCT_AUGMENT_GRAY();
  public static final int BLUR = Sct.SCT_AUGMENT_BLUR();
  public static final int SOLARIZE = Sct.SCT_AUGMENT_SOLARIZE();
  public static final int EQUALIZE = Sct.SCT_AUGMENT_EQUALIZE();
  public static final int CUTOUT = Sct.SCT_AUGMENT_CUTOUT();
  public static final int ROTATION = Sct.SCT_AUGMENT_ROTATION();
  public static final int SOBEL = Sct.SCT_AUGMENT_SOBEL();
  public static final int NOISE = Sct.SCT_AUGMENT_NOISE();
  public static final int CONTRAST_CHANNELS = Sct.SCT_AUGMENT_CONTRAST_CHANNELS();
  public static final int SATURATION_HSV = Sct.SCT_AUGMENT_SATURATION_HSV();
  public static final int CLAMP = Sct.SCT_AUGMENT_CLAMP();
  public static final int BLUR_ZERO = Sct.SCT_AUGMENT_BLUR_ZERO();
  public static final int CROP = Sct.SCT_AUGMENT_CROP();

  public static final int MAX_OPS = Sct.SCT_AUGMENT_MAX_OPS();

  public static final int ISA_AUTO = Sct.SCT_ISA_AUTO();
  public static final int ISA_SCALAR = Sct.SCT_ISA_SCALAR();
  public static final int ISA_AVX2 = Sct.SCT_ISA_AVX2();
  public static final int ISA_AVX512 = Sct.SCT_ISA_AVX512();

  public static final long FORMAT_BYTES = sct_augment_format.sizeof();
  public static final long VIEW_BYTES = sct_augment_view.sizeof();

  private static final long IMAGE = sct_augment_view.image$offset();
  private static final long IMAGE_HEIGHT = sct_augment_view.image_height$offset();
  private static final long IMAGE_WIDTH = sct_augment_view.image_width$offset();
  private static final long TOP = sct_augment_view.top$offset();
  private static final long LEFT = sct_augment_view.left$offset();
  private static final long HEIGHT = sct_augment_view.height$offset();
  private static final long WIDTH = sct_augment_view.width$offset();
  private static final long FULL_HEIGHT = sct_augment_view.full_height$offset();
  private static final long FULL_WIDTH = sct_augment_view.full_width$offset();
  private static final long WINDOW_TOP = sct_augment_view.window_top$offset();
  private static final long WINDOW_LEFT = sct_augment_view.window_left$offset();
  private static final long ROW = sct_augment_view.row$offset();
  private static final long FLIP = sct_augment_view.flip$offset();
  private static final long OP_COUNT = sct_augment_view.op_count$offset();
  private static final long OPS = sct_augment_view.ops$offset();

  private static final long OP_BYTES = sct_augment_op.sizeof();
  private static final long OP_KIND = sct_augment_op.kind$offset();
  private static final long OP_VALUE = sct_augment_op.value$offset();
  private static final long OP_INTEGERS = sct_augment_op.integers$offset();

  private SctAugment() {}

  /** Fills in a format of {@link #FORMAT_BYTES}; {@code mean} and {@code std} may be null. */
  public static void writeFormat(
      MemorySegment format,
      int size,
      int dtype,
      boolean channelsLast,
      int interpolation,
      float[] mean,
      float[] std,
      int isa) {
    sct_augment_format.size(format, size);
    sct_augment_format.dtype(format, dtype);
    sct_augment_format.channels_last(format, channelsLast ? 1 : 0);
    sct_augment_format.interpolation(format, interpolation);
    sct_augment_format.normalize(format, mean == null ? 0 : 1);
    if (mean != null) {
      MemorySegment.copy(
          mean, 0, format, ValueLayout.JAVA_FLOAT, sct_augment_format.mean$offset(), mean.length);
      MemorySegment.copy(
          std, 0, format, ValueLayout.JAVA_FLOAT, sct_augment_format.std$offset(), std.length);
    }
    sct_augment_format.isa(format, isa);
  }

  /** Fills in view {@code index} of an array, without operations. */
  public static void writeView(
      MemorySegment views,
      int index,
      long imageAddress,
      int imageHeight,
      int imageWidth,
      int top,
      int left,
      int height,
      int width,
      long row,
      boolean flip) {
    long base = index * VIEW_BYTES;
    views.set(ValueLayout.JAVA_LONG, base + IMAGE, imageAddress);
    views.set(ValueLayout.JAVA_INT, base + IMAGE_HEIGHT, imageHeight);
    views.set(ValueLayout.JAVA_INT, base + IMAGE_WIDTH, imageWidth);
    views.set(ValueLayout.JAVA_INT, base + TOP, top);
    views.set(ValueLayout.JAVA_INT, base + LEFT, left);
    views.set(ValueLayout.JAVA_INT, base + HEIGHT, height);
    views.set(ValueLayout.JAVA_INT, base + WIDTH, width);
    views.set(ValueLayout.JAVA_LONG, base + ROW, row);
    views.set(ValueLayout.JAVA_INT, base + FLIP, flip ? 1 : 0);
    views.set(ValueLayout.JAVA_INT, base + OP_COUNT, 0);
  }

  /** Fills in to which size the box of view {@code index} is resized and which part is kept. */
  public static void writeWindow(
      MemorySegment views,
      int index,
      long fullHeight,
      long fullWidth,
      long windowTop,
      long windowLeft) {
    long base = index * VIEW_BYTES;
    views.set(ValueLayout.JAVA_LONG, base + FULL_HEIGHT, fullHeight);
    views.set(ValueLayout.JAVA_LONG, base + FULL_WIDTH, fullWidth);
    views.set(ValueLayout.JAVA_LONG, base + WINDOW_TOP, windowTop);
    views.set(ValueLayout.JAVA_LONG, base + WINDOW_LEFT, windowLeft);
  }

  /** Appends an operation to view {@code index}, which has {@code count}, and so one more then. */
  public static void writeOp(
      MemorySegment views,
      int index,
      int count,
      int kind,
      float value,
      int i0,
      int i1,
      int i2,
      int i3) {
    long base = index * VIEW_BYTES;
    long op = base + OPS + count * OP_BYTES;
    views.set(ValueLayout.JAVA_INT, op + OP_KIND, kind);
    views.set(ValueLayout.JAVA_FLOAT, op + OP_VALUE, value);
    views.set(ValueLayout.JAVA_INT, op + OP_INTEGERS, i0);
    views.set(ValueLayout.JAVA_INT, op + OP_INTEGERS + Integer.BYTES, i1);
    views.set(ValueLayout.JAVA_INT, op + OP_INTEGERS + 2 * Integer.BYTES, i2);
    views.set(ValueLayout.JAVA_INT, op + OP_INTEGERS + 3 * Integer.BYTES, i3);
    views.set(ValueLayout.JAVA_INT, base + OP_COUNT, count + 1);
  }

  public static void augment(
      MemorySegment format, MemorySegment views, long count, MemorySegment out, long outRows) {
    CallFrame.open();
    Status.check(Sct.sct_augment(format, views, count, out, outRows));
  }

  public static void augmentCuda(
      MemorySegment format, MemorySegment views, long count, MemorySegment out) {
    CallFrame.open();
    Status.check(Sct.sct_augment_cuda(format, views, count, out));
  }

  public static int isa() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_augment_isa(frame.out(0)));
    return frame.int32(0);
  }
}
