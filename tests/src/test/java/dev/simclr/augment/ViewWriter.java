package dev.simclr.augment;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/** Writes planes to where a view belongs, normalised and in the layout of its format. */
final class ViewWriter {
  private final ViewFormat format;
  private final float[] mean = new float[ViewFormat.CHANNELS];
  private final float[] std = new float[ViewFormat.CHANNELS];
  private final float[] values;

  ViewWriter(ViewFormat format) {
    this.format = format;
    this.values = new float[format.values()];
    for (int c = 0; c < ViewFormat.CHANNELS; c++) {
      int channel = c;
      mean[c] = format.normalization().map(n -> n.mean().get(channel).floatValue()).orElse(0f);
      std[c] = format.normalization().map(n -> n.std().get(channel).floatValue()).orElse(1f);
    }
  }

  /**
   * Writes a view.
   *
   * @throws IndexOutOfBoundsException if it does not fit; nothing is written then
   */
  void write(Planes planes, MemorySegment out, long outOffset) {
    boolean interleaved = format.layout() == PixelLayout.CHANNELS_LAST;
    int step = interleaved ? ViewFormat.CHANNELS : 1;
    int next = interleaved ? 1 : planes.red().length;
    place(planes.red(), 0, 0, step);
    place(planes.green(), 1, next, step);
    place(planes.blue(), 2, 2 * next, step);
    MemorySegment.copy(values, 0, out, JAVA_FLOAT_UNALIGNED, outOffset, values.length);
  }

  private void place(float[] plane, int channel, int first, int step) {
    if (format.normalization().isPresent()) {
      float m = mean[channel];
      float s = std[channel];
      for (int i = 0; i < plane.length; i++) {
        values[first + i * step] = (plane[i] - m) / s;
      }
    } else {
      for (int i = 0; i < plane.length; i++) {
        values[first + i * step] = plane[i];
      }
    }
  }
}
