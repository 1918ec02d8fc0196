package dev.simclr.data;

import java.io.IOException;
import java.util.Iterator;
import javax.imageio.IIOException;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

/**
 * Reads one file with a reader of the JDK. The JDK's own readers are asked for by name, whatever
 * other ImageIO plugins are installed, so that pixels do not depend on the class path. Input comes
 * from memory: ImageIO's disk cache is never used.
 */
enum ImageIoReader {
  JPEG("com.sun.imageio.plugins.jpeg.JPEGImageReaderSpi"),
  PNG("com.sun.imageio.plugins.png.PNGImageReaderSpi");

  private final ImageReaderSpi format;

  ImageIoReader(String className) {
    this.format = find(className);
  }

  /** Takes the pixels from a reader that has its input. */
  @FunctionalInterface
  interface Decoding {
    RgbImage apply(ImageReader reader) throws IOException;
  }

  /** Decodes a file; every complaint of the reader that means lost pixels is a bad image. */
  RgbImage read(byte[] file, Decoding decoding) throws BadImageException {
    DamageListener damage = new DamageListener();
    ImageReader reader = null;
    RgbImage image;
    try (ByteArrayImageInputStream stream = new ByteArrayImageInputStream(file)) {
      reader = format.createReaderInstance();
      reader.addIIOReadWarningListener(damage);
      reader.setInput(stream, true, true);
      image = decoding.apply(reader);
    } catch (IOException e) {
      throw damaged(e);
    } catch (RuntimeException e) {
      // The JDK's readers meet damage that they did not foresee with whatever exception follows
      // from it: index out of bounds, illegal argument, negative array size.
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

  private static ImageReaderSpi find(String className) {
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
