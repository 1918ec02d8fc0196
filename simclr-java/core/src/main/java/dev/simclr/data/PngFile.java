package dev.simclr.data;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.util.zip.CRC32;

/**
 * The structure of a PNG file, checked before any pixel is decoded: signature, chunk lengths, chunk
 * checksums, one header, at least one data chunk, the end mark (PNG specification, second edition,
 * chapter 5). The JDK's decoder checks neither the checksums nor the end.
 *
 * @param width columns that the header promises
 * @param height rows that the header promises
 * @param essential the file reduced to the chunks that decide the pixels: header, palette, data,
 *     end. Text, profiles and transparency never reach the decoder.
 */
record PngFile(long width, long height, byte[] essential) {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  private static final int HEADER_BYTES = 13;
  // Length, type and checksum.
  private static final int CHUNK_OVERHEAD = 12;
  // Deflate spends at least 2 bits on a run of at most 258 bytes (RFC 1951).
  private static final long MAX_INFLATION = 1032;

  static boolean matches(byte[] file) {
    return Bytes.startsWith(file, SIGNATURE);
  }

  static PngFile parse(byte[] file, DecodeLimits limits) throws BadImageException {
    ByteArrayOutputStream essential = new ByteArrayOutputStream(file.length);
    essential.write(file, 0, SIGNATURE.length);
    long width = 0;
    long height = 0;
    long sampleBytes = 0;
    boolean header = false;
    long dataBytes = 0;
    int at = SIGNATURE.length;
    while (true) {
      if (file.length - at < CHUNK_OVERHEAD) {
        throw new BadImageException("truncated after " + file.length + " bytes");
      }
      long length = Bytes.uint32(file, at);
      if (length > file.length - at - CHUNK_OVERHEAD) {
        throw new BadImageException(
            "truncated: a chunk promises "
                + length
                + " bytes, "
                + (file.length - at - CHUNK_OVERHEAD)
                + " are left");
      }
      int chunk = CHUNK_OVERHEAD + (int) length;
      String type = new String(file, at + 4, 4, US_ASCII);
      checkSum(file, at, (int) length, type);
      if (!header) {
        if (!type.equals("IHDR") || length != HEADER_BYTES) {
          throw new BadImageException("corrupt: it does not begin with a PNG header");
        }
        width = Bytes.uint32(file, at + 8);
        height = Bytes.uint32(file, at + 12);
        limits.checkSize(width, height);
        sampleBytes = width * height * bitsPerPixel(file, at + 8) / Byte.SIZE;
        header = true;
      } else if (type.equals("IHDR")) {
        throw new BadImageException("corrupt: it has two headers");
      }
      switch (type) {
        case "IHDR", "PLTE" -> essential.write(file, at, chunk);
        case "IDAT" -> {
          essential.write(file, at, chunk);
          dataBytes += length;
        }
        case "IEND" -> {
          if (dataBytes == 0) {
            throw new BadImageException("corrupt: it has no pixels");
          }
          // Told from the lengths alone, before memory is spent on what the header promises.
          if (sampleBytes > dataBytes * MAX_INFLATION) {
            throw new BadImageException(
                "its header says %dx%d pixels, too many for %d bytes of data"
                    .formatted(width, height, dataBytes));
          }
          essential.write(file, at, chunk);
          return new PngFile(width, height, essential.toByteArray());
        }
        default -> {
          // A capital first letter marks a chunk without which the image cannot be understood.
          if ((file[at + 4] & 0x20) == 0) {
            throw new BadImageException("corrupt: it has an unknown critical chunk");
          }
        }
      }
      at += chunk;
    }
  }

  private static int bitsPerPixel(byte[] file, int header) throws BadImageException {
    int depth = Bytes.uint8(file, header + 8);
    int colorType = Bytes.uint8(file, header + 9);
    int channels =
        switch (colorType) {
          case 0, 3 -> 1;
          case 4 -> 2;
          case 2 -> 3;
          case 6 -> 4;
          default -> throw new BadImageException("corrupt: its colour type is " + colorType);
        };
    if (Integer.bitCount(depth) != 1 || depth > 16) {
      throw new BadImageException("corrupt: it has " + depth + " bits per sample");
    }
    return depth * channels;
  }

  private static void checkSum(byte[] file, int at, int length, String type)
      throws BadImageException {
    CRC32 crc = new CRC32();
    crc.update(file, at + 4, length + 4);
    if (crc.getValue() != Bytes.uint32(file, at + 8 + length)) {
      boolean name = type.chars().allMatch(c -> c >= 'A' && c <= 'z');
      throw new BadImageException(
          "corrupt: the checksum of " + (name ? "chunk " + type : "a chunk") + " does not match");
    }
  }
}
