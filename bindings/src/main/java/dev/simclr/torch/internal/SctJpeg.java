package dev.simclr.torch.internal;

import dev.simclr.torch.JpegException;
import dev.simclr.torch.TorchException;
import dev.simclr.torch.internal.ffm.Jpeg;
import dev.simclr.torch.internal.ffm.Sct;
import dev.simclr.torch.internal.ffm.sct_jpeg_header;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Calls of sct_jpeg/jpeg.h, on any thread, once {@link JpegLibrary} has loaded it. No frame is
 * opened: that would load libtorch and refuse virtual threads.
 */
public final class SctJpeg {

  private SctJpeg() {}

  /**
   * What the library reads from the first part of a file.
   *
   * @param color 1 gray, 2 RGB, 3 YCC, 4 CMYK, 5 YCCK
   */
  public record Header(int width, int height, int color, boolean progressive) {}

  static int bindingsAbiVersion() {
    return Jpeg.SCT_JPEG_ABI_VERSION();
  }

  static int libraryAbiVersion() {
    return Jpeg.sct_jpeg_abi_version();
  }

  /** Returns what decodes, or throws a TorchException of kind LIBRARY if it does not fit. */
  static String version() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment version = arena.allocate(ValueLayout.ADDRESS);
      MemorySegment text = arena.allocate(Jpeg.SCT_JPEG_TEXT_BYTES());
      if (Jpeg.sct_jpeg_version(version, text) != Sct.SCT_OK()) {
        throw new TorchException(
            TorchException.Kind.LIBRARY, "libjpeg cannot be used: " + text.getString(0));
      }
      return Status.text(version.get(ValueLayout.ADDRESS, 0));
    }
  }

  /** Reads the header of a file in native memory. */
  public static Header readHeader(MemorySegment file) throws JpegException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment header = sct_jpeg_header.allocate(arena);
      MemorySegment text = arena.allocate(Jpeg.SCT_JPEG_TEXT_BYTES());
      check(Jpeg.sct_jpeg_read_header(file, file.byteSize(), header, text), text);
      return new Header(
          sct_jpeg_header.width(header),
          sct_jpeg_header.height(header),
          sct_jpeg_header.color(header),
          sct_jpeg_header.progressive(header) != 0);
    }
  }

  /** Decodes a box of a file in native memory to native memory. */
  public static void decode(
      MemorySegment file,
      int denominator,
      int top,
      int left,
      int height,
      int width,
      MemorySegment out)
      throws JpegException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(Jpeg.SCT_JPEG_TEXT_BYTES());
      int status =
          Jpeg.sct_jpeg_decode(
              file,
              file.byteSize(),
              denominator,
              top,
              left,
              height,
              width,
              out,
              out.byteSize(),
              text);
      check(status, text);
    }
  }

  private static void check(int status, MemorySegment text) throws JpegException {
    if (status == Sct.SCT_OK()) {
      return;
    }
    String message = text.getString(0);
    if (status == Sct.SCT_INVALID_ARGUMENT()) {
      throw new IllegalArgumentException(message);
    }
    if (status == Sct.SCT_OUT_OF_MEMORY()) {
      throw new TorchException(TorchException.Kind.OUT_OF_MEMORY, "decoding a JPEG: " + message);
    }
    throw new JpegException(kind(status), message);
  }

  private static JpegException.Kind kind(int status) {
    if (status == Jpeg.SCT_JPEG_TRUNCATED()) {
      return JpegException.Kind.TRUNCATED;
    }
    return status == Sct.SCT_UNSUPPORTED()
        ? JpegException.Kind.UNSUPPORTED
        : JpegException.Kind.CORRUPT;
  }
}
