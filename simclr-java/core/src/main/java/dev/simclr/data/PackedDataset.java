package dev.simclr.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * A data set in a mapped pack file.
 *
 * <p>The mapping lives in an automatic arena: a tensor may wrap an image without copying it, and no
 * thread can be left with memory that another one unmapped. Pack files are replaced by renaming,
 * never changed, so a mapping keeps the file that it began with; the length is checked before
 * mapping.
 */
final class PackedDataset implements ImageDataset {
  // Checksums of more than this are left to the first access to each image: reading a pack of many
  // gigabytes from end to end would delay the start by minutes.
  private static final long EAGER_BYTES = 1L << 30;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path file;
  private final PackHeader header;
  private final MemorySegment mapping;
  private final MemorySegment entries;
  private final MemorySegment names;
  private final PackNotes notes;
  private final boolean labelled;
  // One byte per image; a race only means that an image is checked twice.
  private final byte[] verified;
  private volatile boolean closed;

  private PackedDataset(Path file, PackHeader header, MemorySegment mapping)
      throws InvalidPackException {
    this.file = file;
    this.header = header;
    this.mapping = mapping;
    this.entries = mapping.asSlice(header.tablesOffset(), header.entriesLength());
    this.names = mapping.asSlice(header.namesOffset(), header.namesLength());
    this.verified = new byte[header.count()];
    checkTables();
    MemorySegment tail = mapping.asSlice(header.notesOffset(), header.notesLength());
    if (tail.byteSize() > Integer.MAX_VALUE) {
      throw new InvalidPackException("its notes have " + tail.byteSize() + " bytes");
    }
    this.notes = PackNotes.decode(tail.asByteBuffer());
    this.labelled = checkEntries();
    if (header.tablesOffset() <= EAGER_BYTES) {
      verifyPixels();
    }
  }

  /**
   * Maps a pack file.
   *
   * @param identity what the pack must have been made from
   * @throws InvalidPackException if it is stale, incomplete or damaged
   */
  static PackedDataset open(Path file, byte[] identity) throws InvalidPackException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long length = channel.size();
      ByteBuffer head = ByteBuffer.allocate(PackHeader.BYTES);
      while (head.hasRemaining() && channel.read(head, head.position()) >= 0) {
        // Reads until the header is complete or the file ends.
      }
      if (head.hasRemaining()) {
        throw new InvalidPackException("it has only " + length + " bytes");
      }
      PackHeader header = PackHeader.decode(head, length);
      if (!Arrays.equals(header.identity(), identity)) {
        throw new InvalidPackException("its source or the way of packing has changed");
      }
      MemorySegment mapping =
          channel.map(FileChannel.MapMode.READ_ONLY, 0, header.fileLength(), Arena.ofAuto());
      return new PackedDataset(file, header, mapping);
    } catch (IOException e) {
      throw new InvalidPackException("it cannot be read: " + IoReasons.of(e), e);
    }
  }

  @Override
  public int size() {
    return header.count();
  }

  @Override
  public int height(int index) {
    return field(index, 20);
  }

  @Override
  public int width(int index) {
    return field(index, 24);
  }

  @Override
  public int label(int index) {
    return field(index, 28);
  }

  @Override
  public MemorySegment image(int index) {
    checkOpen(index);
    MemorySegment pixels = pixels(index);
    if (verified[index] == 0) {
      if (!matchesChecksum(index, pixels)) {
        throw new DataException(
            "damaged pack file "
                + file
                + ": image "
                + name(index)
                + "; delete it to build it anew");
      }
      verified[index] = 1;
    }
    return pixels;
  }

  @Override
  public String name(int index) {
    checkOpen(index);
    MemorySegment name = names.asSlice(entryLong(index, 8), entryInt(index, 16));
    return new String(name.toArray(ValueLayout.JAVA_BYTE), UTF_8);
  }

  @Override
  public boolean labelled() {
    return labelled;
  }

  @Override
  public List<String> classNames() {
    return notes.classNames();
  }

  @Override
  public List<BadImage> skipped() {
    return notes.skipped();
  }

  @Override
  public String fingerprint() {
    return header.fingerprintHex();
  }

  @Override
  public void close() {
    closed = true;
  }

  @Override
  public String toString() {
    return "PackedDataset[" + file + ", " + size() + " images]";
  }

  private int field(int index, int field) {
    checkOpen(index);
    return entryInt(index, field);
  }

  private int entryInt(int index, int field) {
    return entries.get(INT, (long) index * PackHeader.ENTRY_BYTES + field);
  }

  private long entryLong(int index, int field) {
    return entries.get(LONG, (long) index * PackHeader.ENTRY_BYTES + field);
  }

  private MemorySegment pixels(int index) {
    long length = (long) entryInt(index, 20) * entryInt(index, 24) * RgbImage.CHANNELS;
    return mapping.asSlice(entryLong(index, 0), length);
  }

  private void checkOpen(int index) {
    if (closed) {
      throw new IllegalStateException("the data set " + file + " is closed");
    }
    Objects.checkIndex(index, header.count());
  }

  private void checkTables() throws InvalidPackException {
    Sha256 digest = new Sha256();
    long tables = mapping.byteSize() - header.tablesOffset();
    long step = 1 << 24;
    for (long at = 0; at < tables; at += step) {
      long n = Math.min(step, tables - at);
      digest.add(mapping.asSlice(header.tablesOffset() + at, n).asByteBuffer());
    }
    if (!Arrays.equals(digest.finish(), header.tablesDigest())) {
      throw new InvalidPackException("its tables are damaged");
    }
  }

  /** Checks that every entry stays inside its section. Returns whether all images have labels. */
  private boolean checkEntries() throws InvalidPackException {
    boolean all = true;
    long pixelEnd = header.tablesOffset();
    for (int i = 0; i < header.count(); i++) {
      long offset = entryLong(i, 0);
      long nameOffset = entryLong(i, 8);
      int nameLength = entryInt(i, 16);
      int height = entryInt(i, 20);
      int width = entryInt(i, 24);
      int label = entryInt(i, 28);
      boolean sound =
          height >= 1
              && width >= 1
              && (long) height * width <= DecodeLimits.MAX_PIXELS
              && inside(
                  offset, (long) height * width * RgbImage.CHANNELS, PackHeader.BYTES, pixelEnd)
              && inside(nameOffset, nameLength, 0, header.namesLength())
              && label >= UNLABELLED
              && label < notes.classNames().size();
      if (!sound) {
        throw new InvalidPackException("its entry " + i + " is out of bounds");
      }
      all &= label != UNLABELLED;
    }
    return all;
  }

  private static boolean inside(long offset, long length, long from, long to) {
    return offset >= from && length >= 0 && length <= to && offset <= to - length;
  }

  private void verifyPixels() throws InvalidPackException {
    for (int i = 0; i < header.count(); i++) {
      if (!matchesChecksum(i, pixels(i))) {
        throw new InvalidPackException("the pixels of its image " + i + " are damaged");
      }
      verified[i] = 1;
    }
  }

  private boolean matchesChecksum(int index, MemorySegment pixels) {
    CRC32C crc = new CRC32C();
    crc.update(pixels.asByteBuffer());
    return (int) crc.getValue() == entryInt(index, 32);
  }
}
