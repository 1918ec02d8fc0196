package dev.simclr.data;

import java.io.ByteArrayOutputStream;

/**
 * The structure of a JPEG file, checked before any pixel is decoded: markers, segment lengths, one
 * frame header, a bounded number of scans, the end mark (ITU-T T.81, annex B).
 *
 * @param width columns that the frame header promises
 * @param height rows that the frame header promises
 * @param coding what the samples of a pixel mean
 * @param essential the file reduced to the segments that decide the samples, so that profiles,
 *     thumbnails and comments never reach the decoder. Three-component files get the one marker
 *     that makes the JDK's decoder read them as {@code coding} says; left alone it guesses from the
 *     subsampling where libjpeg follows the standard.
 */
record JpegFile(long width, long height, Coding coding, byte[] essential) {
  /** What the components of a pixel are. */
  enum Coding {
    GRAY,
    RGB,
    YCC,
    CMYK,
    YCCK
  }

  // Progressive photographs have about 10; each scan costs a pass over all coefficients.
  private static final int MAX_SCANS = 100;

  private static final int SOI = 0xD8;
  private static final int EOI = 0xD9;
  private static final int SOS = 0xDA;
  private static final int DNL = 0xDC;
  private static final int DHT = 0xC4;
  private static final int DAC = 0xCC;
  private static final int DQT = 0xDB;
  private static final int DRI = 0xDD;
  private static final int TEM = 0x01;
  private static final int COM = 0xFE;

  private static final byte[] JFIF = {'J', 'F', 'I', 'F', 0};
  private static final byte[] ADOBE = {'A', 'd', 'o', 'b', 'e'};
  private static final byte[] JFIF_SEGMENT = {
    (byte) 0xFF, (byte) 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0
  };
  private static final byte[] ADOBE_RGB_SEGMENT = {
    (byte) 0xFF, (byte) 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0
  };
  private static final byte[] ADOBE_YCCK_SEGMENT = {
    (byte) 0xFF, (byte) 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 2
  };

  /**
   * The file as every libjpeg reads it: {@link #essential()}, with the one marker that it needs to
   * tell YCCK from CMYK. The JDK's reader would not hand out the samples of such a file.
   */
  byte[] standard() {
    if (coding != Coding.YCCK) {
      return essential;
    }
    ByteArrayOutputStream out =
        new ByteArrayOutputStream(essential.length + ADOBE_YCCK_SEGMENT.length);
    out.write(essential, 0, 2);
    out.writeBytes(ADOBE_YCCK_SEGMENT);
    out.write(essential, 2, essential.length - 2);
    return out.toByteArray();
  }

  static boolean matches(byte[] file) {
    return file.length >= 3
        && Bytes.uint8(file, 0) == 0xFF
        && Bytes.uint8(file, 1) == SOI
        && Bytes.uint8(file, 2) == 0xFF;
  }

  static JpegFile parse(byte[] file, DecodeLimits limits) throws BadImageException {
    return new Parser(file, limits).parse();
  }

  private static final class Parser {
    private final byte[] file;
    private final DecodeLimits limits;
    private final ByteArrayOutputStream body;
    private boolean jfif;
    private int adobeTransform = -1;
    private long width;
    private long height;
    private int components;
    private boolean namedRgb;
    private int scans;
    private long codedBytes;

    Parser(byte[] file, DecodeLimits limits) {
      this.file = file;
      this.limits = limits;
      this.body = new ByteArrayOutputStream(file.length);
    }

    JpegFile parse() throws BadImageException {
      int at = 2;
      while (true) {
        at = skipToMarker(at);
        int marker = Bytes.uint8(file, at + 1);
        if (marker == EOI) {
          return finish();
        }
        if (marker == SOI || marker == TEM || isRestart(marker) || marker == 0) {
          throw corruptMarker(marker);
        }
        at = segment(marker, at);
      }
    }

    /** Takes the segment at {@code at}, for a scan with its data; returns where the next begins. */
    private int segment(int marker, int at) throws BadImageException {
      int end = segmentEnd(at);
      int content = at + 4;
      int length = end - content;
      if (marker >= 0xE0 && marker <= 0xEF) {
        application(marker, content, length);
        return end;
      }
      switch (marker) {
        case COM -> {}
        case 0xC0, 0xC1, 0xC2 -> {
          frame(content, length);
          body.write(file, at, end - at);
        }
        case 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, DAC ->
            throw new BadImageException("lossless, hierarchical or arithmetic-coded JPEG");
        case SOS -> {
          if (components == 0) {
            throw new BadImageException("corrupt: pixels before the frame header");
          }
          if (++scans > MAX_SCANS) {
            throw new BadImageException("it has more than " + MAX_SCANS + " scans");
          }
          int next = scanEnd(end);
          codedBytes += next - end;
          end = next;
          body.write(file, at, end - at);
        }
        case DHT, DQT, DRI -> body.write(file, at, end - at);
        case DNL -> throw new BadImageException("its height is only given after the pixels");
        default -> throw corruptMarker(marker);
      }
      return end;
    }

    private void application(int marker, int content, int length) {
      if (marker == 0xE0 && length >= 14 && has(JFIF, content)) {
        jfif = true;
      } else if (marker == 0xEE && length >= 12 && has(ADOBE, content)) {
        adobeTransform = Bytes.uint8(file, content + 11);
      }
    }

    private void frame(int content, int length) throws BadImageException {
      if (components != 0) {
        throw new BadImageException("corrupt: it has two frame headers");
      }
      if (length < 6 || length != 6 + 3 * Bytes.uint8(file, content + 5)) {
        throw new BadImageException("corrupt: its frame header has a wrong length");
      }
      if (Bytes.uint8(file, content) != 8) {
        throw new BadImageException(
            "it has " + Bytes.uint8(file, content) + "-bit samples, only 8-bit JPEG is read");
      }
      height = Bytes.uint16(file, content + 1);
      width = Bytes.uint16(file, content + 3);
      limits.checkSize(width, height);
      components = Bytes.uint8(file, content + 5);
      if (components != 1 && components != 3 && components != 4) {
        throw new BadImageException("it has " + components + " components, allowed are 1, 3 and 4");
      }
      namedRgb =
          components == 3
              && file[content + 6] == 'R'
              && file[content + 9] == 'G'
              && file[content + 12] == 'B';
    }

    private JpegFile finish() throws BadImageException {
      if (scans == 0) {
        throw new BadImageException("corrupt: it has no pixels");
      }
      // Each block of 8 x 8 samples takes a Huffman code, of at least a bit. Told from the lengths
      // alone, before memory is spent on what the header promises.
      if (blocks(width) * blocks(height) > codedBytes * Byte.SIZE) {
        throw new BadImageException(
            "its header says %dx%d pixels, too many for %d bytes of data"
                .formatted(width, height, codedBytes));
      }
      Coding coding = coding();
      ByteArrayOutputStream out = new ByteArrayOutputStream(body.size() + 22);
      out.write(0xFF);
      out.write(SOI);
      if (coding == Coding.YCC) {
        out.writeBytes(JFIF_SEGMENT);
      } else if (coding == Coding.RGB) {
        out.writeBytes(ADOBE_RGB_SEGMENT);
      }
      out.writeBytes(body.toByteArray());
      out.write(0xFF);
      out.write(EOI);
      return new JpegFile(width, height, coding, out.toByteArray());
    }

    // The rules of libjpeg's default_decompress_parms.
    private Coding coding() {
      return switch (components) {
        case 1 -> Coding.GRAY;
        case 3 -> {
          if (jfif) {
            yield Coding.YCC;
          }
          boolean rgb = adobeTransform >= 0 ? adobeTransform == 0 : namedRgb;
          yield rgb ? Coding.RGB : Coding.YCC;
        }
        default -> adobeTransform > 0 ? Coding.YCCK : Coding.CMYK;
      };
    }

    /** The position of the next marker at or after {@code at}; fill bytes before it are skipped. */
    private int skipToMarker(int at) throws BadImageException {
      int i = at;
      while (i + 1 < file.length) {
        if (Bytes.uint8(file, i) == 0xFF && Bytes.uint8(file, i + 1) != 0xFF) {
          return i;
        }
        i++;
      }
      throw truncated();
    }

    private int segmentEnd(int at) throws BadImageException {
      if (at + 4 > file.length) {
        throw truncated();
      }
      int length = Bytes.uint16(file, at + 2);
      if (length < 2) {
        throw new BadImageException("corrupt: a segment has length " + length);
      }
      if (at + 2 + length > file.length) {
        throw truncated();
      }
      return at + 2 + length;
    }

    /** The position of the first marker after entropy-coded data that starts at {@code at}. */
    private int scanEnd(int at) throws BadImageException {
      for (int i = at; i + 1 < file.length; i++) {
        if (Bytes.uint8(file, i) == 0xFF) {
          int next = Bytes.uint8(file, i + 1);
          if (next != 0 && next != 0xFF && !isRestart(next)) {
            return i;
          }
        }
      }
      throw truncated();
    }

    private static long blocks(long samples) {
      return (samples + 7) / 8;
    }

    private static boolean isRestart(int marker) {
      return marker >= 0xD0 && marker <= 0xD7;
    }

    private boolean has(byte[] text, int at) {
      for (int i = 0; i < text.length; i++) {
        if (file[at + i] != text[i]) {
          return false;
        }
      }
      return true;
    }

    private BadImageException truncated() {
      return new BadImageException("truncated: no end mark in " + file.length + " bytes");
    }

    private static BadImageException corruptMarker(int marker) {
      return new BadImageException("corrupt: unexpected marker 0xFF%02X".formatted(marker));
    }
  }
}
