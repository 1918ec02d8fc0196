package dev.simclr.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * One 8-bit RGB image on the heap: {@code [height, width, 3]}, row-major, channels interleaved.
 * Immutable.
 *
 * <p>Every other kind of image becomes RGB as {@code PIL.Image.convert("RGB")} and torchvision's
 * image folders do it, so that both see the same pixels: gray is replicated to three channels;
 * palettes are looked up; an alpha channel or transparent colour is dropped without blending; of
 * 16-bit samples the high byte is kept; CMYK and YCCK (Adobe's inverted convention) become {@code
 * (1 - ink) (1 - black)}. Colour profiles, gamma and EXIF orientation are ignored. JPEG files are
 * decoded by what {@link JpegDecoders} names, PNG files by ImageIO. A file that is truncated or
 * otherwise damaged, as far as the decoder notices, is a bad image; missing pixels are never made
 * up.
 */
public final class RgbImage {
  /** Bytes of a pixel. */
  public static final int CHANNELS = 3;

  private final int height;
  private final int width;
  private final byte[] pixels;

  // Takes the array over: callers in this package do not change it afterwards.
  RgbImage(int height, int width, byte[] pixels) {
    if (height < 1 || width < 1 || (long) height * width > DecodeLimits.MAX_PIXELS) {
      throw new IllegalArgumentException(
          "height and width must be at least 1 with at most "
              + DecodeLimits.MAX_PIXELS
              + " pixels, got "
              + height
              + " x "
              + width);
    }
    if (pixels.length != height * width * CHANNELS) {
      throw new IllegalArgumentException(
          "pixels must have height * width * 3 = "
              + height * width * CHANNELS
              + " bytes, got "
              + pixels.length);
    }
    this.height = height;
    this.width = width;
    this.pixels = pixels;
  }

  /**
   * An image with a copy of the given pixels.
   *
   * @param pixels {@code height * width * 3} bytes, {@code [height, width, 3]}
   * @throws IllegalArgumentException if the sizes do not fit together
   */
  public static RgbImage of(int height, int width, byte[] pixels) {
    return new RgbImage(height, width, pixels.clone());
  }

  /** A copy of any image of the JDK's imaging classes. */
  public static RgbImage of(BufferedImage image) {
    Objects.requireNonNull(image, "image");
    return RasterConverter.toRgb(image);
  }

  /**
   * Reads a JPEG or PNG file within the default limits. The content decides the format, not the
   * name.
   *
   * @throws DataException naming the file, if it is missing, unreadable or not a sound image
   */
  public static RgbImage read(Path file) {
    try {
      return decode(readFile(file, DecodeLimits.defaults()), DecodeLimits.defaults());
    } catch (BadImageException e) {
      throw new DataException("cannot read image " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Decodes a whole JPEG or PNG file.
   *
   * @throws BadImageException if it is not a sound image within the limits
   */
  public static RgbImage decode(byte[] encoded, DecodeLimits limits) throws BadImageException {
    return ImageDecoder.decode(encoded, limits, JpegDecoders.system());
  }

  /** The content of a file, if it is not longer than the limits allow. */
  static byte[] readFile(Path file, DecodeLimits limits) throws BadImageException {
    try {
      // A pipe with the name of an image would be waited for without end.
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      if (!attributes.isRegularFile()) {
        throw new BadImageException("it is not a regular file");
      }
      long length = attributes.size();
      if (length > limits.maxFileBytes()) {
        throw new BadImageException(
            "it has " + length + " bytes, allowed are " + limits.maxFileBytes());
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new BadImageException("no such file", e);
    } catch (IOException e) {
      throw new BadImageException("it cannot be read: " + IoReasons.of(e), e);
    }
  }

  /** Rows in pixels. */
  public int height() {
    return height;
  }

  /** Columns in pixels. */
  public int width() {
    return width;
  }

  /** Length of {@link #pixels()} in bytes. */
  public int byteSize() {
    return pixels.length;
  }

  /** The pixels as a read-only uint8 segment of the heap, {@code [height, width, 3]}. */
  public MemorySegment pixels() {
    return MemorySegment.ofArray(pixels).asReadOnly();
  }

  /** The pixels themselves, for this package, which does not change them. */
  byte[] array() {
    return pixels;
  }

  /** The size, never the pixels. */
  @Override
  public String toString() {
    return "RgbImage[height=" + height + ", width=" + width + "]";
  }
}
