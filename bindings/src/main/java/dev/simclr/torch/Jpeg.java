package dev.simclr.torch;

import dev.simclr.torch.internal.JpegLibrary;
import dev.simclr.torch.internal.SctJpeg;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Optional;

/**
 * Decoding of JPEG files, and of parts of them, by libjpeg-turbo.
 *
 * <p>The pixels are those of Pillow: accurate integer transform, smooth chroma upsampling; gray in
 * three equal channels; four components, inverted ink as Adobe's programs write it, as {@code (1 -
 * ink) (1 - black)}. Colour profiles and EXIF orientation are ignored. Damage that libjpeg notices
 * is an exception, never a gray area.
 *
 * <p>The library is absent from builds on machines without libjpeg-turbo's headers; libtorch is not
 * needed. All methods may be called from any thread, virtual ones too.
 */
public final class Jpeg {

  private static final int CHANNELS = 3;

  /** What the components of a pixel are in the file. */
  public enum Color {
    /** One component. */
    GRAY,
    /** Red, green, blue. */
    RGB,
    /** Luma and two of chroma, as most files have. */
    YCC,
    /** Four inks. */
    CMYK,
    /** Luma, chroma and black ink. */
    YCCK
  }

  /**
   * What a file says of itself.
   *
   * @param width columns
   * @param height rows
   * @param color what the components are
   * @param progressive whether it is coded in several scans of rising precision
   */
  public record Header(int width, int height, Color color, boolean progressive) {}

  private Jpeg() {}

  /** Returns whether the library could be loaded, which this does on first use. */
  public static boolean isAvailable() {
    return JpegLibrary.load().version().isPresent();
  }

  /** Returns the decoder's name and release, such as libjpeg-turbo 2.1.5, if it is available. */
  public static Optional<String> version() {
    return JpegLibrary.load().version();
  }

  /** Returns why the library is not available, in one line; empty if it is. */
  public static String unavailableReason() {
    return JpegLibrary.load().reason();
  }

  /** Returns what the loader looked at and took, one step a line. */
  public static String loadTrace() {
    return JpegLibrary.load().trace();
  }

  /**
   * Reads a file up to its first scan.
   *
   * @param file the whole file, in memory of any kind
   * @throws JpegException if it is no JPEG file that can be read
   * @throws TorchException of kind LIBRARY if the library is not available
   */
  public static Header header(MemorySegment file) throws JpegException {
    requireAvailable();
    if (file.byteSize() == 0) {
      throw new JpegException(JpegException.Kind.TRUNCATED, "it is empty");
    }
    try (Arena arena = Arena.ofConfined()) {
      SctJpeg.Header header = SctJpeg.readHeader(inNativeMemory(file, arena));
      return new Header(
          header.width(),
          header.height(),
          Color.values()[header.color() - 1],
          header.progressive());
    }
  }

  /**
   * Decodes a box of an image. With denominator 2, 4 or 8 the image is made that much smaller while
   * it is decoded, to {@code ceil(width / denominator)} columns and as many rows; the box is one of
   * the smaller image. The pixels are those that the whole image has. Rows behind the box are not
   * read in files with one scan, so damage there is not noticed.
   *
   * @param file the whole file; in native memory it is used in place, else copied first
   * @param denominator 1, 2, 4 or 8
   * @param top first row of the box
   * @param left first column of the box
   * @param height rows of the box, at least 1
   * @param width columns of the box, at least 1
   * @param out receives uint8 {@code [height, width, 3]}, row-major, exactly that many bytes; after
   *     an exception its content is undefined
   * @throws IllegalArgumentException if the box is not within the image, or {@code out} is
   *     read-only or of another size
   * @throws JpegException if the file is damaged or of a kind that is not read
   * @throws TorchException of kind LIBRARY if the library is not available, of kind OUT_OF_MEMORY
   *     if memory does not suffice
   */
  public static void decode(
      MemorySegment file,
      int denominator,
      int top,
      int left,
      int height,
      int width,
      MemorySegment out)
      throws JpegException {
    requireAvailable();
    if (file.byteSize() == 0) {
      throw new JpegException(JpegException.Kind.TRUNCATED, "it is empty");
    }
    long pixels = (long) Math.max(height, 0) * Math.max(width, 0);
    boolean fits = out.byteSize() % CHANNELS == 0 && out.byteSize() / CHANNELS == pixels;
    if (out.isReadOnly() || pixels == 0 || !fits) {
      throw new IllegalArgumentException(
          "out has "
              + out.byteSize()
              + (out.isReadOnly() ? " read-only" : "")
              + " bytes; allowed: writable ones for "
              + height
              + " x "
              + width
              + " pixels of 3 bytes, at least one");
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = inNativeMemory(file, arena);
      if (out.isNative()) {
        SctJpeg.decode(source, denominator, top, left, height, width, out);
      } else {
        MemorySegment copy = arena.allocate(out.byteSize());
        SctJpeg.decode(source, denominator, top, left, height, width, copy);
        out.copyFrom(copy);
      }
    }
  }

  private static MemorySegment inNativeMemory(MemorySegment file, Arena arena) {
    Objects.requireNonNull(file, "file");
    return file.isNative() ? file : arena.allocate(file.byteSize()).copyFrom(file);
  }

  private static void requireAvailable() {
    JpegLibrary.Outcome outcome = JpegLibrary.load();
    if (outcome.version().isEmpty()) {
      throw new TorchException(TorchException.Kind.LIBRARY, outcome.reason());
    }
  }
}
