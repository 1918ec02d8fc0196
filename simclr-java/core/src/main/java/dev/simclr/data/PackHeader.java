package dev.simclr.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The first 4,096 bytes of a pack file. All numbers in the file are little-endian.
 *
 * <pre>
 *   offset bytes
 *        0     8  "SIMCLRPK"
 *        8     4  format version
 *       12     4  number of images N
 *       16     8  length of the file
 *       24     8  offset of the tables: images lie between the header and here
 *       32     8  length of the image table, N entries of {@link #ENTRY_BYTES}
 *       40     8  length of the name table (UTF-8, back to back)
 *       48     8  length of the notes (class names, images left out); the file ends after them
 *       56    32  SHA-256 of what the pack was made from and how
 *       88    32  SHA-256 of the content, {@link ImageDataset#fingerprint()}
 *      120    32  SHA-256 of the three tables
 *      152    32  SHA-256 of bytes 0 to 151
 *      184        zeros
 * </pre>
 *
 * <p>An image table entry: offset of the image (8 bytes), offset of the name in the name table (8),
 * length of the name (4), height (4), width (4), label or -1 (4), CRC-32C of what is stored (4),
 * length of the stored JPEG file, or zero where pixels are stored (4).
 *
 * @param count number of images
 * @param fileLength length of the whole file in bytes
 * @param tablesOffset where the image table begins
 * @param entriesLength length of the image table in bytes
 * @param namesLength length of the name table in bytes
 * @param notesLength length of the notes in bytes
 * @param identity what the pack was made from
 * @param fingerprint digest of the content
 * @param tablesDigest digest of the tables
 */
record PackHeader(
    int count,
    long fileLength,
    long tablesOffset,
    long entriesLength,
    long namesLength,
    long notesLength,
    byte[] identity,
    byte[] fingerprint,
    byte[] tablesDigest) {
  static final int BYTES = 4096;
  static final int ENTRY_BYTES = 40;

  /** Each image begins at a multiple of this: a cache line. */
  static final int ALIGNMENT = 64;

  private static final int VERSION = 2;
  private static final byte[] MAGIC = {'S', 'I', 'M', 'C', 'L', 'R', 'P', 'K'};
  private static final int DIGESTED = 152;

  ByteBuffer encode() {
    ByteBuffer out = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.put(MAGIC).putInt(VERSION).putInt(count);
    out.putLong(fileLength).putLong(tablesOffset);
    out.putLong(entriesLength).putLong(namesLength).putLong(notesLength);
    out.put(identity).put(fingerprint).put(tablesDigest);
    out.put(new Sha256().add(out.duplicate().flip()).finish());
    return out.clear();
  }

  /**
   * Reads and checks a header.
   *
   * @param in the first {@link #BYTES} bytes of the file
   * @param actualLength length of the file
   */
  static PackHeader decode(ByteBuffer in, long actualLength) throws InvalidPackException {
    in.clear().order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = bytes(in, MAGIC.length);
    if (!Arrays.equals(magic, MAGIC)) {
      throw new InvalidPackException("it is not a pack file");
    }
    int version = in.getInt();
    if (version != VERSION) {
      throw new InvalidPackException("its format is " + version + ", this is format " + VERSION);
    }
    byte[] expected = new Sha256().add(in.duplicate().clear().limit(DIGESTED)).finish();
    byte[] digest = new byte[Sha256.BYTES];
    in.get(DIGESTED, digest);
    if (!Arrays.equals(digest, expected)) {
      throw new InvalidPackException("its header is damaged");
    }
    int count = in.getInt();
    long fileLength = in.getLong();
    PackHeader header =
        new PackHeader(
            count,
            fileLength,
            in.getLong(),
            in.getLong(),
            in.getLong(),
            in.getLong(),
            bytes(in, Sha256.BYTES),
            bytes(in, Sha256.BYTES),
            bytes(in, Sha256.BYTES));
    if (fileLength != actualLength) {
      throw new InvalidPackException(
          "it has " + actualLength + " bytes, its header says " + fileLength);
    }
    header.checkSections();
    return header;
  }

  long namesOffset() {
    return tablesOffset + entriesLength;
  }

  long notesOffset() {
    return namesOffset() + namesLength;
  }

  String fingerprintHex() {
    return HexFormat.of().formatHex(fingerprint);
  }

  // A digest proves that the header is as it was written, not that whoever wrote it was honest.
  private void checkSections() throws InvalidPackException {
    boolean ordered =
        count >= 1
            && tablesOffset >= BYTES
            && entriesLength == (long) count * ENTRY_BYTES
            && namesLength >= 0
            && notesLength >= 0;
    long left = fileLength - tablesOffset;
    // Subtracting step by step cannot overflow where adding up untrusted lengths could.
    if (!ordered
        || left < 0
        || entriesLength > left
        || namesLength > left - entriesLength
        || notesLength != left - entriesLength - namesLength) {
      throw new InvalidPackException("its sections do not fit together");
    }
  }

  private static byte[] bytes(ByteBuffer in, int length) {
    byte[] out = new byte[length];
    in.get(out);
    return out;
  }
}
