package dev.simclr.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * An array of bytes in the IDX format of the MNIST files, gzipped or plain: two zero bytes, the
 * type (8 for uint8), the number of dimensions, each dimension as a big-endian 32-bit number, the
 * values. Only the header is read at first.
 */
final class IdxFile {
  private static final int UINT8 = 8;
  // MNIST's largest file has 47 MB; a header must not be able to ask for all memory.
  private static final long MAX_BYTES = 1L << 29;

  private final Path file;
  private final int[] shape;
  private final int length;
  private byte[] values;

  private IdxFile(Path file, int[] shape, int length) {
    this.file = file;
    this.shape = shape;
    this.length = length;
  }

  /**
   * Reads the header.
   *
   * @throws DataException naming the file, if it is not an IDX file of bytes with that many
   *     dimensions
   */
  static IdxFile open(Path file, int dimensions) {
    try (InputStream in = stream(file)) {
      int[] shape = readShape(in, file, dimensions);
      long length = 1;
      for (int side : shape) {
        // Each factor is below 2^31 and the product so far at most 2^29: no overflow.
        length *= side;
        if (side < 1 || length > MAX_BYTES) {
          throw new DataException(
              file
                  + ": its header says shape "
                  + Arrays.toString(shape)
                  + ", allowed are sides of"
                  + " at least 1 and "
                  + MAX_BYTES
                  + " bytes in all");
        }
      }
      return new IdxFile(file, shape, (int) length);
    } catch (IOException e) {
      throw broken(file, e);
    }
  }

  Path file() {
    return file;
  }

  int size(int dimension) {
    return shape[dimension];
  }

  /**
   * The values, row-major; read on the first call.
   *
   * @throws DataException naming the file, if it holds less or more than its header says
   */
  synchronized byte[] values() {
    if (values == null) {
      try (InputStream in = stream(file)) {
        readShape(in, file, shape.length);
        // Grows with what is there, whatever the header says.
        byte[] read = in.readNBytes(length);
        if (read.length < length || in.read() >= 0) {
          throw new DataException(
              "%s lies about its size: its header says %d bytes of data, it has %s"
                  .formatted(file, length, read.length < length ? read.length : "more"));
        }
        values = read;
      } catch (IOException e) {
        throw broken(file, e);
      }
    }
    return values;
  }

  private static int[] readShape(InputStream in, Path file, int dimensions) throws IOException {
    byte[] head = in.readNBytes(4 + 4 * dimensions);
    if (head.length < 4
        || head[0] != 0
        || head[1] != 0
        || head[2] != UINT8
        || head[3] != dimensions) {
      throw new DataException(
          file + " is not an IDX file of bytes with " + dimensions + " dimension(s)");
    }
    if (head.length < 4 + 4 * dimensions) {
      throw new DataException(file + " is truncated: its header is cut off");
    }
    int[] shape = new int[dimensions];
    for (int d = 0; d < dimensions; d++) {
      // A side beyond 2^31 comes out negative, which is refused like zero.
      shape[d] = (int) Bytes.uint32(head, 4 + 4 * d);
    }
    return shape;
  }

  private static DataException broken(Path file, IOException e) {
    if (e instanceof EOFException) {
      return new DataException(file + " is truncated", e);
    }
    if (e instanceof ZipException) {
      return new DataException(file + " is corrupt: " + e.getMessage(), e);
    }
    return SourceFiles.unreadable(file, e);
  }

  private static InputStream stream(Path file) throws IOException {
    InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    try {
      in.mark(2);
      boolean gzip = in.read() == 0x1F && in.read() == 0x8B;
      in.reset();
      return gzip ? new GZIPInputStream(in, 1 << 16) : in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }
}
