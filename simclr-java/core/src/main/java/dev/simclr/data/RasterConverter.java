package dev.simclr.data;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/** Turns the JDK's images into RGB, see {@link RgbImage} for the rules. */
final class RasterConverter {
  private RasterConverter() {}

  static RgbImage toRgb(BufferedImage image) {
    int height = image.getHeight();
    int width = image.getWidth();
    byte[] pixels = new byte[Math.multiplyExact(height * RgbImage.CHANNELS, width)];
    if (image.getType() == BufferedImage.TYPE_3BYTE_BGR && isDense(image)) {
      swapRedAndBlue(((DataBufferByte) image.getRaster().getDataBuffer()).getData(), pixels);
    } else if (hasPlainSamples(image)) {
      takeSamples(image.getRaster(), pixels);
    } else {
      takeColours(image, pixels);
    }
    return new RgbImage(height, width, pixels);
  }

  /**
   * Whether the image's array holds its pixels and nothing else (not so for a part of an image).
   */
  private static boolean isDense(BufferedImage image) {
    Raster raster = image.getRaster();
    return raster.getParent() == null
        && raster.getDataBuffer() instanceof DataBufferByte bytes
        && bytes.getOffset() == 0
        && bytes.getData().length == image.getHeight() * image.getWidth() * RgbImage.CHANNELS;
  }

  private static void swapRedAndBlue(byte[] bgr, byte[] rgb) {
    for (int i = 0; i < rgb.length; i += 3) {
      rgb[i] = bgr[i + 2];
      rgb[i + 1] = bgr[i + 1];
      rgb[i + 2] = bgr[i];
    }
  }

  /**
   * Whether the samples are the values wanted, 8 or 16 bits of them. Asking the colour model
   * instead would convert gray, which Java takes to be linear, to sRGB and so brighten it.
   */
  private static boolean hasPlainSamples(BufferedImage image) {
    ColorModel model = image.getColorModel();
    int type = model.getColorSpace().getType();
    boolean known = type == ColorSpace.TYPE_GRAY || type == ColorSpace.TYPE_RGB;
    int transfer = image.getRaster().getTransferType();
    return model instanceof ComponentColorModel
        && known
        && !model.isAlphaPremultiplied()
        && (transfer == DataBuffer.TYPE_BYTE || transfer == DataBuffer.TYPE_USHORT)
        && model.getComponentSize(0) == DataBuffer.getDataTypeSize(transfer);
  }

  private static void takeSamples(Raster raster, byte[] pixels) {
    int width = raster.getWidth();
    int bands = raster.getNumBands();
    int shift = raster.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
    // One or two bands are gray with or without alpha, three or four are colour.
    int green = bands >= 3 ? 1 : 0;
    int blue = bands >= 3 ? 2 : 0;
    int[] row = new int[width * bands];
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++) {
        pixels[at++] = (byte) (row[x * bands] >> shift);
        pixels[at++] = (byte) (row[x * bands + green] >> shift);
        pixels[at++] = (byte) (row[x * bands + blue] >> shift);
      }
    }
  }

  private static void takeColours(BufferedImage image, byte[] pixels) {
    int width = image.getWidth();
    int[] row = new int[width];
    boolean palette = image.getColorModel() instanceof IndexColorModel;
    int at = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      if (palette) {
        paletteRow(image, y, row);
      } else {
        image.getRGB(0, y, width, 1, row, 0, width);
      }
      for (int argb : row) {
        pixels[at++] = (byte) (argb >> 16);
        pixels[at++] = (byte) (argb >> 8);
        pixels[at++] = (byte) argb;
      }
    }
  }

  // Looked up here because a palette may be shorter than the indices that the pixels can hold.
  private static void paletteRow(BufferedImage image, int y, int[] row) {
    IndexColorModel palette = (IndexColorModel) image.getColorModel();
    Raster raster = image.getRaster();
    for (int x = 0; x < row.length; x++) {
      int index = raster.getSample(raster.getMinX() + x, raster.getMinY() + y, 0);
      row[x] = index < palette.getMapSize() ? palette.getRGB(index) : 0;
    }
  }
}
