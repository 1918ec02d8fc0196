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
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * A data set in a mapped pack file, which holds pixels or JPEG files.
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
  private final JpegDecoder decoder;
  private final boolean dctScaling;
  private final PackHeader header;
  private final MemorySegment mapping;
  private final MemorySegment entries;
  private final MemorySegment names;
  private final PackNotes notes;
  private final boolean labelled;
  private final boolean anyEncoded;
  // One byte per image; a race only means that an image is checked twice.
  private final byte[] verified;
  private volatile boolean closed;

  private PackedDataset(
      Path file, JpegDecoder decoder, boolean dctScaling, PackHeader header, MemorySegment mapping)
      throws InvalidPackException {
    this.file = file;
    this.decoder = decoder;
    this.dctScaling = dctScaling;
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
    checkEntries();
    this.labelled = none(i -> entryInt(i, 28) == UNLABELLED);
    this.anyEncoded = !none(this::encoded);
    if (header.tablesOffset() <= EAGER_BYTES) {
      verifyImages();
    }
  }

  /**
   * Maps a pack file.
   *
   * @param identity what the pack must have been made from
   * @param decoder decodes the JPEG files that the pack holds
   * @param dctScaling whether readers may make images smaller while they decode them
   * @throws InvalidPackException if it is stale, incomplete or damaged
   */
  static PackedDataset open(Path file, byte[] identity, JpegDecoder decoder, boolean dctScaling)
      throws InvalidPackException {
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
      return new PackedDataset(file, decoder, dctScaling, header, mapping);
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
    MemorySegment stored = stored(index);
    return encoded(index) ? decodeToNative(index) : stored;
  }

  @Override
  public PixelReader reader() {
    return anyEncoded ? new PackedReader(this) : new WholeImages(this);
  }

  /** Whether image {@code index} is stored as a JPEG file. */
  boolean encoded(int index) {
    return entryInt(index, 36) != 0;
  }

  /** The pixels of an image or its JPEG file, as they are stored; checked at the first access. */
  MemorySegment stored(int index) {
    checkOpen(index);
    MemorySegment stored = content(index);
    if (verified[index] == 0) {
      if (!matchesChecksum(index, stored)) {
        throw new DataException(
            "damaged pack file "
                + file
                + ": image "
                + name(index)
                + "; delete it to build it anew");
      }
      verified[index] = 1;
    }
    return stored;
  }

  JpegDecoder decoder() {
    return decoder;
  }

  boolean dctScaling() {
    return dctScaling;
  }

  /** Decodes an image that is stored as a JPEG file. */
  RgbImage decode(int index) {
    byte[] jpeg = stored(index).toArray(ValueLayout.JAVA_BYTE);
    try {
      return ImageDecoder.decode(JpegFile.parse(jpeg, DecodeLimits.largest()), decoder);
    } catch (BadImageException e) {
      throw undecodable(index, e);
    }
  }

  /** It was decoded when the pack was made, so the file is not what it was. */
  DataException undecodable(int index, BadImageException e) {
    return new DataException(
        "cannot decode image "
            + name(index)
            + " of pack file "
            + file
            + ": "
            + e.getMessage()
            + "; delete it to build it anew",
        e);
  }

  private MemorySegment decodeToNative(int index) {
    RgbImage image = decode(index);
    return Arena.ofAuto()
        .allocate(image.byteSize(), PackHeader.ALIGNMENT)
        .copyFrom(image.pixels())
        .asReadOnly();
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

  private MemorySegment content(int index) {
    return mapping.asSlice(entryLong(index, 0), contentLength(index));
  }

  private long contentLength(int index) {
    return encoded(index)
        ? entryInt(index, 36)
        : (long) entryInt(index, 20) * entryInt(index, 24) * RgbImage.CHANNELS;
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

  private boolean none(IntPredicate property) {
    return IntStream.range(0, header.count()).noneMatch(property);
  }

  /** Checks that every entry stays inside its section. */
  private void checkEntries() throws InvalidPackException {
    long imagesEnd = header.tablesOffset();
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
              && inside(offset, contentLength(i), PackHeader.BYTES, imagesEnd)
              && inside(nameOffset, nameLength, 0, header.namesLength())
              && label >= UNLABELLED
              && label < notes.classNames().size();
      if (!sound) {
        throw new InvalidPackException("its entry " + i + " is out of bounds");
      }
    }
  }

  private static boolean inside(long offset, long length, long from, long to) {
    return offset >= from && length >= 0 && length <= to && offset <= to - length;
  }

  private void verifyImages() throws InvalidPackException {
    for (int i = 0; i < header.count(); i++) {
      if (!matchesChecksum(i, content(i))) {
        throw new InvalidPackException("its image " + i + " is damaged");
      }
      verified[i] = 1;
    }
  }

  private boolean matchesChecksum(int index, MemorySegment stored) {
    CRC32C crc = new CRC32C();
    crc.update(stored.asByteBuffer());
    return (int) crc.getValue() == entryInt(index, 32);
  }
}
