package dev.simclr.augment;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.simclr.random.Philox;
import java.lang.foreign.MemorySegment;
import java.util.function.DoubleUnaryOperator;

/**
 * Views in double precision, written from the definitions of {@link ViewOp} and {@link
 * Interpolation}, one value after the other. A picture is [3][rows][columns].
 */
final class ReferenceAugmenter {
  private final ViewFormat format;
  private final int size;

  /**
   * Makes views of a size, interpolation, normalisation and layout; the type of values is double.
   */
  ReferenceAugmenter(ViewFormat format) {
    this.format = format;
    this.size = format.size();
  }

  /** Returns the values of a view in the order of the format's layout. */
  double[] view(MemorySegment image, int height, int width, AugmentParams params) {
    double[][][] view = picture(image, height, width);
    view = crop(view, params.top(), params.left(), params.height(), params.width());
    view = resize(view, size, size, 0, 0);
    if (params.flip()) {
      view = flip(view);
    }
    for (ViewOp op : params.ops()) {
      view = apply(view, op);
    }
    return finish(view);
  }

  /** Returns the part that starts at (top, left) of the image resized to fullHeight x fullWidth. */
  double[] window(
      MemorySegment image,
      int height,
      int width,
      long fullHeight,
      long fullWidth,
      long top,
      long left) {
    return finish(resize(picture(image, height, width), fullHeight, fullWidth, top, left));
  }

  private static double[][][] picture(MemorySegment image, int height, int width) {
    double[][][] picture = new double[3][height][width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          long at = 3L * ((long) y * width + x) + c;
          picture[c][y][x] = (image.get(JAVA_BYTE, at) & 255) / 255.0;
        }
      }
    }
    return picture;
  }

  private static double[][][] crop(double[][][] in, int top, int left, int height, int width) {
    double[][][] out = new double[3][height][width];
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < height; y++) {
        System.arraycopy(in[c][top + y], left, out[c][y], 0, width);
      }
    }
    return out;
  }

  private double[][][] resize(
      double[][][] in, long fullHeight, long fullWidth, long top, long left) {
    Interpolation filter = format.interpolation();
    double[][] rows = ReferenceResize.weights(filter, in[0].length, fullHeight, top, size);
    double[][] columns = ReferenceResize.weights(filter, in[0][0].length, fullWidth, left, size);
    double[][][] out = new double[3][][];
    for (int c = 0; c < 3; c++) {
      out[c] = times(times(rows, in[c]), transposed(columns));
    }
    return out;
  }

  private static double[][] times(double[][] a, double[][] b) {
    double[][] product = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int k = 0; k < b.length; k++) {
        for (int j = 0; j < b[0].length; j++) {
          product[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return product;
  }

  private static double[][] transposed(double[][] a) {
    double[][] result = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        result[j][i] = a[i][j];
      }
    }
    return result;
  }

  private double[][][] flip(double[][][] in) {
    return each((c, y, x) -> in[c][y][size - 1 - x]);
  }

  private double[][][] apply(double[][][] in, ViewOp op) {
    return switch (op) {
      case ViewOp.Brightness(float factor) -> map(in, x -> clamp(x * factor));
      case ViewOp.Contrast(float factor) -> {
        double mean = mean(gray(in)[0]);
        yield map(in, x -> clamp(blend(x, mean, factor)));
      }
      case ViewOp.ContrastChannels(float factor) -> {
        double[] mean = {mean(in[0]), mean(in[1]), mean(in[2])};
        yield each((c, y, x) -> clamp(blend(in[c][y][x], mean[c], factor)));
      }
      case ViewOp.Saturation(float factor) -> {
        double[][][] gray = gray(in);
        yield each((c, y, x) -> clamp(blend(in[c][y][x], gray[c][y][x], factor)));
      }
      case ViewOp.SaturationHsv(float factor) -> pixels(in, rgb -> saturated(rgb, factor));
      case ViewOp.Hue(float shift) -> pixels(in, rgb -> shifted(rgb, shift));
      case ViewOp.Gray() -> gray(in);
      case ViewOp.Blur(float sigma) -> blur(in, sigma, false);
      case ViewOp.BlurZero(float sigma) -> blur(in, sigma, true);
      case ViewOp.Solarize(float threshold) -> map(in, x -> x >= threshold ? 1 - x : x);
      case ViewOp.Equalize() -> equalize(in);
      case ViewOp.Cutout(int top, int left, int height, int width) ->
          each((c, y, x) ->
              y >= top && y < top + height && x >= left && x < left + width ? 0 : in[c][y][x]);
      case ViewOp.Crop(int top, int left, int height, int width) ->
          resize(crop(in, top, left, height, width), size, size, 0, 0);
      case ViewOp.Rotation(int turns) -> {
        double[][][] out = in;
        for (int i = 0; i < turns; i++) {
          double[][][] from = out;
          // The right column, from its top, becomes the top row.
          out = each((c, y, x) -> from[c][x][size - 1 - y]);
        }
        yield out;
      }
      case ViewOp.Sobel() -> sobel(gray(in)[0]);
      case ViewOp.Noise(float std, long key) ->
          each((c, y, x) -> clamp(in[c][y][x] + std * normal(key, y * size + x, c)));
      case ViewOp.Clamp() -> map(in, ReferenceAugmenter::clamp);
    };
  }

  private static double blend(double x, double other, float factor) {
    return x * factor + other * (1.0 - factor);
  }

  private static double clamp(double x) {
    return Math.clamp(x, 0.0, 1.0);
  }

  private static double mean(double[][] plane) {
    double sum = 0;
    for (double[] row : plane) {
      for (double x : row) {
        sum += x;
      }
    }
    return sum / ((double) plane.length * plane[0].length);
  }

  private double[][][] gray(double[][][] in) {
    return each((c, y, x) -> 0.2989 * in[0][y][x] + 0.587 * in[1][y][x] + 0.114 * in[2][y][x]);
  }

  /** HSV with the saturation times a factor, at most 1. */
  private static double[] saturated(double[] rgb, float factor) {
    double value = largest(rgb);
    double saturation = value > 0 ? (value - smallest(rgb)) / value : 0;
    double[] out = fromHue(hue(rgb), Math.min(saturation * factor, 1) * value, value);
    for (int c = 0; c < 3; c++) {
      out[c] = clamp(out[c]);
    }
    return out;
  }

  /** HSV with another hue; the channel that is the value is not clamped. */
  private static double[] shifted(double[] rgb, float shift) {
    double value = largest(rgb);
    double hue = hue(rgb) + 6.0 * shift;
    double[] out = fromHue(hue - 6 * Math.floor(hue / 6), value - smallest(rgb), value);
    int kept = 0;
    while (out[kept] != value) {
      kept++;
    }
    for (int c = 0; c < 3; c++) {
      out[c] = c == kept ? value : clamp(out[c]);
    }
    return out;
  }

  private static double largest(double[] rgb) {
    return Math.max(rgb[0], Math.max(rgb[1], rgb[2]));
  }

  private static double smallest(double[] rgb) {
    return Math.min(rgb[0], Math.min(rgb[1], rgb[2]));
  }

  /** Smith, "Color gamut transform pairs" (1978): the hue in sixths of a turn, 0 to 6. */
  private static double hue(double[] rgb) {
    double value = largest(rgb);
    double chroma = value - smallest(rgb);
    if (chroma == 0) {
      return 0;
    }
    if (rgb[0] == value) {
      double sixths = (rgb[1] - rgb[2]) / chroma;
      return sixths < 0 ? sixths + 6 : sixths;
    }
    return rgb[1] == value ? 2 + (rgb[2] - rgb[0]) / chroma : 4 + (rgb[0] - rgb[1]) / chroma;
  }

  /** The way back. */
  private static double[] fromHue(double sixths, double chroma, double value) {
    int sector = (int) sixths;
    double fraction = sixths - sector;
    double p = value - chroma;
    double q = value - chroma * fraction;
    double t = value - chroma * (1 - fraction);
    return switch (sector) {
      case 1 -> new double[] {q, value, p};
      case 2 -> new double[] {p, value, t};
      case 3 -> new double[] {p, q, value};
      case 4 -> new double[] {t, p, value};
      case 5 -> new double[] {value, p, q};
      default -> new double[] {value, t, p};
    };
  }

  private double[][][] blur(double[][][] in, float sigma, boolean zeros) {
    int radius = (int) ((size / 10) / 2.0);
    double[] weights = new double[2 * radius + 1];
    double sum = 0;
    for (int i = -radius; i <= radius; i++) {
      weights[radius + i] = Math.exp(-(double) i * i / (2.0 * sigma * sigma));
      sum += weights[radius + i];
    }
    double total = sum;
    return each((c, y, x) -> {
      double value = 0;
      for (int i = -radius; i <= radius; i++) {
        for (int j = -radius; j <= radius; j++) {
          boolean inside = y + i >= 0 && y + i < size && x + j >= 0 && x + j < size;
          if (inside || !zeros) {
            double pixel = in[c][reflected(y + i)][reflected(x + j)];
            value += weights[radius + i] / total * (weights[radius + j] / total) * pixel;
          }
        }
      }
      return value;
    });
  }

  private int reflected(int i) {
    return i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
  }

  /** torchvision's equalize_image, through bytes. */
  private double[][][] equalize(double[][][] in) {
    double[][][] out = new double[3][size][size];
    for (int c = 0; c < 3; c++) {
      int[] histogram = new int[256];
      for (double[] row : in[c]) {
        for (double x : row) {
          histogram[level(x)]++;
        }
      }
      int brightest = 255;
      while (histogram[brightest] == 0) {
        brightest--;
      }
      int step = (size * size - histogram[brightest]) / 255;
      int[] table = new int[256];
      int below = 0;
      for (int i = 0; i < 256; i++) {
        table[i] = step == 0 ? i : i == 0 ? 0 : Math.min((below + step / 2) / step, 255);
        below += histogram[i];
      }
      for (int y = 0; y < size; y++) {
        for (int x = 0; x < size; x++) {
          out[c][y][x] = table[level(in[c][y][x])] / 255.0;
        }
      }
    }
    return out;
  }

  private static int level(double x) {
    return (int) Math.floor(255.999 * clamp(x));
  }

  private double[][][] sobel(double[][] gray) {
    int[][] kernel = {{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}};
    return each((c, y, x) -> {
      double gx = 0;
      double gy = 0;
      for (int i = -1; i <= 1; i++) {
        for (int j = -1; j <= 1; j++) {
          double pixel = gray[Math.clamp(y + i, 0, size - 1)][Math.clamp(x + j, 0, size - 1)];
          gx += kernel[i + 1][j + 1] * pixel;
          gy += kernel[j + 1][i + 1] * pixel;
        }
      }
      return clamp(Math.sqrt(gx * gx + gy * gy) / 4);
    });
  }

  private static double normal(long key, int pixel, int channel) {
    int[] words = new int[4];
    Philox.words(pixel, 0, 0, 0, (int) key, (int) (key >>> 32), words);
    double radius = Math.sqrt(-2 * Math.log(uniform(words[channel < 2 ? 0 : 2]) + 0x1p-24));
    double angle = 2 * Math.PI * uniform(words[channel < 2 ? 1 : 3]);
    return radius * (channel == 1 ? Math.sin(angle) : Math.cos(angle));
  }

  private static double uniform(int word) {
    return (word >>> 8) * 0x1p-24;
  }

  private double[] finish(double[][][] view) {
    double[] values = new double[3 * size * size];
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < size * size; i++) {
        double x = view[c][i / size][i % size];
        if (format.normalization().isPresent()) {
          Normalization by = format.normalization().get();
          x = (x - by.mean().get(c)) / by.std().get(c);
        }
        boolean planar = format.layout() == PixelLayout.CONTIGUOUS;
        values[planar ? c * size * size + i : 3 * i + c] = x;
      }
    }
    return values;
  }

  private double[][][] map(double[][][] in, DoubleUnaryOperator function) {
    return each((c, y, x) -> function.applyAsDouble(in[c][y][x]));
  }

  private double[][][] pixels(double[][][] in, PixelFunction function) {
    double[][][] out = new double[3][size][size];
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        double[] rgb = function.apply(new double[] {in[0][y][x], in[1][y][x], in[2][y][x]});
        for (int c = 0; c < 3; c++) {
          out[c][y][x] = rgb[c];
        }
      }
    }
    return out;
  }

  private double[][][] each(PlaceFunction function) {
    double[][][] out = new double[3][size][size];
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < size; y++) {
        for (int x = 0; x < size; x++) {
          out[c][y][x] = function.apply(c, y, x);
        }
      }
    }
    return out;
  }

  private interface PlaceFunction {
    double apply(int channel, int y, int x);
  }

  private interface PixelFunction {
    double[] apply(double[] rgb);
  }
}
