package dev.simclr.data;

import java.util.concurrent.Semaphore;

/**
 * Decodes JPEG and PNG files: the first with a {@link JpegDecoder}, the second with the JDK's
 * reader. The structure of the file is checked first ({@link JpegFile}, {@link PngFile}), and the
 * decoders see only its essential parts.
 */
final class ImageDecoder {
  // Many threads decode at once; images of more than 16 million pixels take turns, so that the
  // memory in use is bounded by the largest image and not by that times the number of threads.
  private static final long LARGE_PIXELS = 1L << 24;
  private static final Semaphore LARGE = new Semaphore(1);

  private ImageDecoder() {}

  static RgbImage decode(byte[] file, DecodeLimits limits, JpegDecoder decoder)
      throws BadImageException {
    if (file.length == 0) {
      throw new BadImageException("it is empty");
    }
    if (JpegFile.matches(file)) {
      return decode(JpegFile.parse(file, limits), decoder);
    }
    if (PngFile.matches(file)) {
      PngFile png = PngFile.parse(file, limits);
      return decode(
          png.width(),
          png.height(),
          () ->
              ImageIoReader.PNG.read(
                  png.essential(), reader -> RasterConverter.toRgb(reader.read(0))));
    }
    throw new BadImageException("it is neither a JPEG nor a PNG file");
  }

  static RgbImage decode(JpegFile jpeg, JpegDecoder decoder) throws BadImageException {
    return decode(jpeg.width(), jpeg.height(), () -> decoder.decode(jpeg));
  }

  private interface Decoding {
    RgbImage run() throws BadImageException;
  }

  private static RgbImage decode(long width, long height, Decoding decoding)
      throws BadImageException {
    boolean large = width * height > LARGE_PIXELS;
    if (large) {
      LARGE.acquireUninterruptibly();
    }
    try {
      RgbImage image = decoding.run();
      if (image.width() != width || image.height() != height) {
        throw new BadImageException(
            "corrupt: its header says %dx%d pixels, it has %dx%d"
                .formatted(width, height, image.width(), image.height()));
      }
      return image;
    } finally {
      if (large) {
        LARGE.release();
      }
    }
  }
}
