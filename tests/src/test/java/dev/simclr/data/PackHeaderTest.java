package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.simclr.io.AtomicFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pack files whose digests are right and whose content lies. */
class PackHeaderTest {
  private static final byte[] IDENTITY = new Sha256().add("test").finish();

  @TempDir Path dir;

  @Test
  void survivesARoundTrip() throws InvalidPackException {
    PackHeader header = header(3, 10_000, 5_000, 120, 4_000, 880);
    PackHeader read = PackHeader.decode(header.encode(), 10_000);
    assertEquals(3, read.count());
    assertEquals(5_120, read.namesOffset());
    assertEquals(9_120, read.notesOffset());
    assertArrayEquals(IDENTITY, read.identity());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 10000, 5000, 0, 4000, 1000",
    "-1, 10000, 5000, -40, 4000, 1040",
    "3, 10000, 4000, 120, 4000, 1880",
    "3, 10000, 5000, 121, 4000, 879",
    "3, 10000, 5000, 120, -1, 4881",
    "3, 10000, 5000, 120, 4880, 1",
    "3, 10000, 5000, 120, 9223372036854775807, -9223372036854770928",
    "3, 10000, 9223372036854775807, 120, 4000, 880",
    "3, 10000, -5000, 120, 4000, 880",
    "2147483647, 10000, 5000, 85899345880, 0, 0"
  })
  void sectionsOutsideTheFileAreRefused(
      int count, long length, long tables, long entries, long names, long notes) {
    ByteBuffer encoded = header(count, length, tables, entries, names, notes).encode();
    assertThrows(InvalidPackException.class, () -> PackHeader.decode(encoded, length));
  }

  @Test
  void aFileOfAnotherLengthIsRefused() {
    ByteBuffer encoded = header(3, 10_000, 5_000, 120, 4_000, 880).encode();
    var e = assertThrows(InvalidPackException.class, () -> PackHeader.decode(encoded, 9_999));
    assertEquals("it has 9999 bytes, its header says 10000", e.getMessage());
  }

  // Offset, name offset, name length, height, width and label of an entry, one made to lie at a
  // time.
  @ParameterizedTest
  @CsvSource({
    "0, 0", "0, 4097", "0, 9223372036854775807", "0, -1", "8, 2", "8, -1", "16, 3", "16, -1",
    "20, 0", "20, -8", "20, 65500", "20, 2147483647", "24, 0", "24, 9", "28, 1", "28, -2",
    "36, -1", "36, 193", "36, 2147483647"
  })
  void entriesOutsideTheirSectionsAreRefused(int field, long value) throws IOException {
    Path file = pack();
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int entry = (int) bytes.getLong(24);
    if (field < 16) {
      bytes.putLong(entry + field, value);
    } else {
      bytes.putInt(entry + field, (int) value);
    }
    seal(bytes, entry);
    Files.write(file, bytes.array());
    var e = assertThrows(InvalidPackException.class, () -> open(file, IDENTITY));
    assertEquals("its entry 0 is out of bounds", e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 1000, Integer.MAX_VALUE})
  void notesThatPromiseTooMuchAreRefused(int count) throws IOException {
    Path file = pack();
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int tables = (int) bytes.getLong(24);
    int notes = (int) (tables + bytes.getLong(32) + bytes.getLong(40));
    bytes.putInt(notes, count);
    seal(bytes, tables);
    Files.write(file, bytes.array());
    var e = assertThrows(InvalidPackException.class, () -> open(file, IDENTITY));
    assertEquals("its notes promise " + count + " items", e.getMessage());
  }

  @Test
  void anotherIdentityIsStale() throws IOException {
    Path file = pack();
    byte[] other = new Sha256().add("other").finish();
    var e = assertThrows(InvalidPackException.class, () -> open(file, other));
    assertEquals("its source or the way of packing has changed", e.getMessage());
  }

  @Test
  void aMissingOrShortFileIsInvalid() throws IOException {
    Path file = dir.resolve("none.pack");
    assertThrows(InvalidPackException.class, () -> open(file, IDENTITY));
    Files.write(file, new byte[100]);
    var e = assertThrows(InvalidPackException.class, () -> open(file, IDENTITY));
    assertEquals("it has only 100 bytes", e.getMessage());
  }

  private static ImageDataset open(Path file, byte[] identity) throws InvalidPackException {
    return PackedDataset.open(file, identity, new ImageIoJpegDecoder(), false);
  }

  /** A pack with one unlabelled 8 x 8 image named "a". */
  private Path pack() {
    Path file = dir.resolve("test.pack");
    AtomicFiles.write(
        file,
        channel -> {
          PackWriter writer = new PackWriter(channel, List.of());
          writer.add("a", -1, writer.store(TestImages.noise(1, 8, 8), IDENTITY));
          writer.finish(IDENTITY);
        });
    return file;
  }

  /** Makes the digests of the tables and of the header right again. */
  private static void seal(ByteBuffer file, int tables) {
    byte[] bytes = file.array();
    Sha256 digest = new Sha256();
    digest.add(ByteBuffer.wrap(bytes, tables, bytes.length - tables));
    file.put(120, digest.finish());
    file.put(152, new Sha256().add(ByteBuffer.wrap(bytes, 0, 152)).finish());
  }

  private static PackHeader header(
      int count, long length, long tables, long entries, long names, long notes) {
    return new PackHeader(
        count, length, tables, entries, names, notes, IDENTITY, IDENTITY, IDENTITY);
  }
}
