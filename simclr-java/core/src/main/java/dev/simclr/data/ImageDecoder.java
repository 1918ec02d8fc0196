package dev.simclr.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Iterator;
import java.util.concurrent.Semaphore;
import javax.imageio.IIOException;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

/**
 * Decodes JPEG and PNG files with the JDK's readers.
 *
 * <p>The structure of the file is checked first ({@link JpegFile}, {@link PngFile}), and the
 * readers see only its essential parts. The JDK's own readers are asked for by name, whatever other
 * ImageIO plugins are installed, so that pixels do not depend on the class path. Input comes from
 * memory: ImageIO's disk cache is never used.
 */
final class ImageDecoder {
  private static final ImageReaderSpi JPEG =
      reader("com.sun.imageio.plugins.jpeg.JPEGImageReaderSpi");
  private static final ImageReaderSpi PNG = reader("com.sun.imageio.plugins.png.PNGImageReaderSpi");

  // Many threads decode at once; images of more than 16 million pixels take turns, so that the
  // memory
  // in use is bounded by the largest image and not by that times the number of threads.
  private static final long LARGE_PIXELS = 1L << 24;
  private static final Semaphore LARGE = new Semaphore(1);

  private ImageDecoder() {}

  static RgbImage decode(byte[] file, DecodeLimits limits) throws BadImageException {
    if (file.length == 0) {
      throw new BadImageException("it is empty");
    }
    if (JpegFile.matches(file)) {
      JpegFile jpeg = JpegFile.parse(file, limits);
      return decode(
          JPEG,
          jpeg.width(),
          jpeg.height(),
          jpeg.essential(),
          reader -> {
            return switch (jpeg.coding()) {
              case GRAY, RGB, YCC -> RasterConverter.toRgb(reader.read(0));
              // ImageIO has no colour model for four components, but hands out the samples.
              case CMYK -> CmykConverter.fromCmyk(reader.readRaster(0, null));
              case YCCK -> CmykConverter.fromYcck(reader.readRaster(0, null));
            };
          });
    }
    if (PngFile.matches(file)) {
      PngFile png = PngFile.parse(file, limits);
      return decode(
          PNG,
          png.width(),
          png.height(),
          png.essential(),
          reader -> {
            BufferedImage image = reader.read(0);
            return RasterConverter.toRgb(image);
          });
    }
    throw new BadImageException("it is neither a JPEG nor a PNG file");
  }

  private interface Decoding {
    RgbImage apply(ImageReader reader) throws IOException;
  }

  private static RgbImage decode(
      ImageReaderSpi format, long width, long height, byte[] input, Decoding decoding)
      throws BadImageException {
    boolean large = width * height > LARGE_PIXELS;
    if (large) {
      LARGE.acquireUninterruptibly();
    }
    try {
      RgbImage image = decode(format, input, decoding);
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

  private static RgbImage decode(ImageReaderSpi format, byte[] input, Decoding decoding)
      throws BadImageException {
    DamageListener damage = new DamageListener();
    ImageReader reader = null;
    RgbImage image;
    try (ByteArrayImageInputStream stream = new ByteArrayImageInputStream(input)) {
      reader = format.createReaderInstance();
      reader.addIIOReadWarningListener(damage);
      reader.setInput(stream, true, true);
      image = decoding.apply(reader);
    } catch (IOException e) {
      throw damaged(e);
    } catch (RuntimeException e) {
      // The JDK's readers meet damage that they did not foresee with whatever exception follows
      // from
      // it: index out of bounds, illegal argument, negative array size.
      throw damaged(e);
    } finally {
      if (reader != null) {
        reader.dispose();
      }
    }
    if (damage.first != null) {
      throw new BadImageException("corrupt: " + damage.first);
    }
    return image;
  }

  private static BadImageException damaged(Exception e) {
    // Lack of memory is a fact about this machine, and ImageIO wraps it like any other cause.
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError memory) {
        throw memory;
      }
    }
    Throwable told = e instanceof IIOException && e.getCause() != null ? e.getCause() : e;
    String message = told.getMessage();
    return new BadImageException(
        "corrupt: " + (message == null ? told.getClass().getSimpleName() : oneLine(message)), e);
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s+", " ");
  }

  private static ImageReaderSpi reader(String className) {
    Iterator<ImageReaderSpi> readers =
        IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, false);
    while (readers.hasNext()) {
      ImageReaderSpi candidate = readers.next();
      if (candidate.getClass().getName().equals(className)) {
        return candidate;
      }
    }
    throw new IllegalStateException("this Java runtime lacks the image reader " + className);
  }

  /**
   * Remembers the first warning that means lost pixels. libjpeg goes on after damage, fills the
   * rest with gray and only warns; a few extra bytes between segments lose nothing.
   */
  private static final class DamageListener implements IIOReadWarningListener {
    private String first;

    @Override
    public void warningOccurred(ImageReader source, String warning) {
      boolean lost =
          warning.startsWith("Premature end")
              || (warning.startsWith("Corrupt JPEG data") && !warning.contains("extraneous"));
      if (lost && first == null) {
        first = oneLine(warning);
      }
    }
  }
}
