package dev.simclr.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;

/**
 * Writes a pack file, see {@link PackHeader} for the format. Images may be stored from several
 * threads in any order; entries are added in the order of the data set by one thread.
 */
final class PackWriter {
  /** Where an image lies, and what is needed of it for the tables; see {@link PackHeader}. */
  record Stored(long offset, int height, int width, int crc, int fileLength, byte[] digest) {}

  private final FileChannel channel;
  private final List<String> classNames;
  private final AtomicLong end = new AtomicLong(PackHeader.BYTES);
  private final ByteArrayOutputStream entries = new ByteArrayOutputStream();
  private final ByteArrayOutputStream names = new ByteArrayOutputStream();
  private final List<BadImage> skipped = new ArrayList<>();
  private final Fingerprint fingerprint;
  private int count;

  PackWriter(FileChannel channel, List<String> classNames) {
    this.channel = channel;
    this.classNames = List.copyOf(classNames);
    this.fingerprint = new Fingerprint(classNames);
  }

  /** Writes pixels to the next free place. Safe to call from any thread. */
  Stored store(RgbImage image, byte[] digest) throws IOException {
    return store(image.array(), image.height(), image.width(), 0, digest);
  }

  /** Writes a JPEG file of an image of this size likewise. */
  Stored store(byte[] file, int height, int width, byte[] digest) throws IOException {
    return store(file, height, width, file.length, digest);
  }

  private Stored store(byte[] content, int height, int width, int fileLength, byte[] digest)
      throws IOException {
    long offset = end.getAndAdd(aligned(content.length));
    writeAt(offset, ByteBuffer.wrap(content));
    CRC32C crc = new CRC32C();
    crc.update(content);
    return new Stored(offset, height, width, (int) crc.getValue(), fileLength, digest);
  }

  /** Adds a stored image to the data set. */
  void add(String name, int label, Stored stored) {
    byte[] bytes = name.getBytes(UTF_8);
    entries.writeBytes(
        ByteBuffer.allocate(PackHeader.ENTRY_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(stored.offset())
            .putLong(names.size())
            .putInt(bytes.length)
            .putInt(stored.height())
            .putInt(stored.width())
            .putInt(label)
            .putInt(stored.crc())
            .putInt(stored.fileLength())
            .array());
    names.writeBytes(bytes);
    fingerprint.add(stored.digest());
    count++;
  }

  /** Notes an image that was left out. */
  void skip(BadImage image) {
    skipped.add(image);
  }

  /** Number of images added. */
  int count() {
    return count;
  }

  /** The images left out so far. */
  List<BadImage> skipped() {
    return List.copyOf(skipped);
  }

  /** Writes the tables and, last, the header. */
  void finish(byte[] identity) throws IOException {
    byte[] notes = new PackNotes(classNames, skipped).encode();
    Sha256 tables = new Sha256();
    long tablesOffset = end.get();
    long at = tablesOffset;
    for (byte[] table : List.of(entries.toByteArray(), names.toByteArray(), notes)) {
      tables.add(table);
      writeAt(at, ByteBuffer.wrap(table));
      at += table.length;
    }
    PackHeader header =
        new PackHeader(
            count,
            at,
            tablesOffset,
            entries.size(),
            names.size(),
            notes.length,
            identity,
            fingerprint.finish(),
            tables.finish());
    writeAt(0, header.encode());
  }

  private void writeAt(long offset, ByteBuffer bytes) throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  private static long aligned(long length) {
    return (length + PackHeader.ALIGNMENT - 1) / PackHeader.ALIGNMENT * PackHeader.ALIGNMENT;
  }
}
