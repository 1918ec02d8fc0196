package dev.simclr.augment;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Crops an image, resizes the crop with antialiasing and flips the result, reading each needed
 * pixel once. Columns are resampled before rows, as in PyTorch.
 */
final class Resampler {
  /** x * (1 / 255) in float32, as torchvision's {@code to_dtype} converts bytes. */
  private static final float[] UNIT = new float[256];

  static {
    for (int i = 0; i < UNIT.length; i++) {
      UNIT[i] = i * (float) (1.0 / 255);
    }
  }

  private final int size;
  private final ResizeTable columns;
  private final ResizeTable rows;
  private final float[] redRow;
  private final float[] greenRow;
  private final float[] blueRow;
  private byte[] bytes = new byte[0];
  private float[] pixels = new float[0];

  Resampler(Interpolation interpolation, int size) {
    this.size = size;
    this.columns = new ResizeTable(interpolation, size);
    this.rows = new ResizeTable(interpolation, size);
    this.redRow = new float[size];
    this.greenRow = new float[size];
    this.blueRow = new float[size];
  }

  /**
   * The geometry of a view: a box of the image is resized to {@code fullHeight} x {@code
   * fullWidth}, of which the square that starts at ({@code windowTop}, {@code windowLeft}) is kept.
   */
  record Geometry(
      int top,
      int left,
      int height,
      int width,
      long fullHeight,
      long fullWidth,
      long windowTop,
      long windowLeft,
      boolean flip) {}

  /**
   * Computes the planes of a view.
   *
   * @param image uint8 [?, imageWidth, 3]
   * @throws IndexOutOfBoundsException if the box leaves the image
   */
  void resample(MemorySegment image, int imageWidth, Geometry geometry, Planes planes) {
    columns.compute(geometry.width, geometry.fullWidth, geometry.windowLeft);
    rows.compute(geometry.height, geometry.fullHeight, geometry.windowTop);
    Arrays.fill(planes.red(), 0);
    Arrays.fill(planes.green(), 0);
    Arrays.fill(planes.blue(), 0);

    int firstColumn = columns.start(0);
    int count = (columns.end(size - 1) - firstColumn) * ViewFormat.CHANNELS;
    if (bytes.length < count) {
      bytes = new byte[count];
      pixels = new float[count];
    }
    int lastRow = rows.end(size - 1);
    int output = 0;
    for (int row = rows.start(0); row < lastRow; row++) {
      while (rows.end(output) <= row) {
        output++;
      }
      long pixel = (long) (geometry.top + row) * imageWidth + geometry.left + firstColumn;
      MemorySegment.copy(image, JAVA_BYTE, pixel * ViewFormat.CHANNELS, bytes, 0, count);
      for (int i = 0; i < count; i++) {
        pixels[i] = UNIT[bytes[i] & 0xFF];
      }
      resampleColumns(firstColumn, geometry.flip);
      for (int o = output; o < size && rows.start(o) <= row; o++) {
        float weight = rows.weights()[rows.offset(o) + row - rows.start(o)];
        add(planes.red(), o * size, weight, redRow);
        add(planes.green(), o * size, weight, greenRow);
        add(planes.blue(), o * size, weight, blueRow);
      }
    }
  }

  private void resampleColumns(int firstColumn, boolean flip) {
    float[] weights = columns.weights();
    for (int x = 0; x < size; x++) {
      int from = columns.start(x);
      int taps = columns.end(x) - from;
      int w = columns.offset(x);
      int p = (from - firstColumn) * ViewFormat.CHANNELS;
      float r = 0;
      float g = 0;
      float b = 0;
      for (int t = 0; t < taps; t++) {
        float weight = weights[w + t];
        r += weight * pixels[p];
        g += weight * pixels[p + 1];
        b += weight * pixels[p + 2];
        p += ViewFormat.CHANNELS;
      }
      int to = flip ? size - 1 - x : x;
      redRow[to] = r;
      greenRow[to] = g;
      blueRow[to] = b;
    }
  }

  private static void add(float[] plane, int offset, float weight, float[] row) {
    for (int i = 0; i < row.length; i++) {
      plane[offset + i] += weight * row[i];
    }
  }
}
