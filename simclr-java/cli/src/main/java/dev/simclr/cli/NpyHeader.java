package dev.simclr.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The header of a {@code .npy} file, which NumPy reads with {@code numpy.load}; the values follow,
 * row by row.
 *
 * <p>Version 1.0 of NumPy's format: the bytes {@code 93 'NUMPY' 01 00}, the length of the rest as
 * uint16, and a Python dictionary that ends in a line feed, padded with spaces so that the values
 * begin at a multiple of 64.
 */
final class NpyHeader {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  private static final int ALIGNMENT = 64;

  private NpyHeader() {}

  /** Returns the header for a matrix of little-endian float32 values. */
  static ByteBuffer float32(long rows, long columns) {
    String dictionary =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (" + rows + ", " + columns + "), }";
    int fixed = MAGIC.length + Short.BYTES;
    // At least the line feed is needed beyond the dictionary.
    int total = (fixed + dictionary.length() + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    String padding = " ".repeat(total - fixed - dictionary.length() - 1) + "\n";
    return ByteBuffer.allocate(total)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC)
        .putShort((short) (total - fixed))
        .put((dictionary + padding).getBytes(ISO_8859_1))
        .flip();
  }
}
