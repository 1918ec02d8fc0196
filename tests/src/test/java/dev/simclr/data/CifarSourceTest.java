package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarSourceTest {
  private static final List<String> NAMES =
      List.of(
          "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

  @TempDir Path temporary;
  private Path dir;

  @BeforeEach
  void resolve() throws IOException {
    dir = temporary.toRealPath();
  }

  @Test
  void readsCifar10AcrossFiles() throws IOException {
    Path unpacked = Files.createDirectory(dir.resolve("cifar-10-batches-bin"));
    Files.write(unpacked.resolve("data_batch_2.bin"), records(1, 3, 4));
    Files.write(unpacked.resolve("data_batch_1.bin"), records(1, 0, 3));
    Files.write(unpacked.resolve("test_batch.bin"), records(1, 7, 2));
    Files.write(
        unpacked.resolve("batches.meta.txt"), (String.join("\n", NAMES) + "\n\n").getBytes());
    try (ImageDataset train = open(CifarSource.cifar10(dir), Split.TRAIN)) {
      assertEquals(7, train.size());
      assertEquals(NAMES, train.classNames());
      assertTrue(train.labelled());
      for (int i = 0; i < 7; i++) {
        assertEquals(32, train.height(i));
        assertEquals(32, train.width(i));
        assertEquals(i % 10, train.label(i));
        assertArrayEquals(image(i).array(), TestImages.pixels(train, i));
      }
      assertEquals("train/00003", train.name(3));
    }
    try (ImageDataset test = open(CifarSource.cifar10(dir), Split.TEST)) {
      assertEquals(2, test.size());
      assertEquals(8, test.label(1));
    }
  }

  @Test
  void readsTheFineLabelsOfCifar100() throws IOException {
    Files.write(dir.resolve("train.bin"), records(2, 0, 3));
    CifarSource source = CifarSource.cifar100(dir);
    assertTrue(source.has(Split.TRAIN));
    assertFalse(source.has(Split.TEST));
    try (ImageDataset train = open(source, Split.TRAIN)) {
      assertEquals(2, train.label(2));
      assertArrayEquals(image(2).array(), TestImages.pixels(train, 2));
      assertEquals(
          IntStream.range(0, 100).mapToObj(Integer::toString).toList(), train.classNames());
    }
    assertEquals(
        "no CIFAR-100 files (test.bin) in " + dir,
        assertThrows(DataException.class, () -> open(source, Split.TEST)).getMessage());
  }

  @Test
  void aTruncatedFileIsRefusedWhateverThePolicy() throws IOException {
    Path file = dir.resolve("data_batch_1.bin");
    Files.write(file, Arrays.copyOf(records(1, 0, 2), 3073 * 2 - 1));
    var e = assertThrows(DataException.class, () -> open(CifarSource.cifar10(dir), Split.TRAIN));
    assertEquals(
        file + " is truncated or not a CIFAR-10 file: it has 6145 bytes, not a multiple of 3073",
        e.getMessage());
    Files.write(file, new byte[0]);
    assertThrows(DataException.class, () -> open(CifarSource.cifar10(dir), Split.TRAIN));
  }

  @Test
  void aLabelOutOfRangeIsABadImage() throws IOException {
    byte[] records = records(1, 0, 3);
    records[3073] = 10;
    Files.write(dir.resolve("data_batch_1.bin"), records);
    var e = assertThrows(DataException.class, () -> open(CifarSource.cifar10(dir), Split.TRAIN));
    assertTrue(
        e.getMessage()
            .startsWith(
                "bad image "
                    + dir.resolve("data_batch_1.bin")
                    + " record 1:"
                    + " label 10 is not in [0, 9]"),
        e.getMessage());
    try (ImageDataset dataset =
        Datasets.open(
            CifarSource.cifar10(dir),
            Split.TRAIN,
            dir.resolve("cache"),
            BadImagePolicy.SKIP,
            Progress.NONE)) {
      assertEquals(2, dataset.size());
      assertEquals("train/00002", dataset.name(1));
      assertEquals(2, dataset.label(1));
    }
  }

  @Test
  void aWrongNumberOfClassNamesIsRefused() throws IOException {
    Files.write(dir.resolve("data_batch_1.bin"), records(1, 0, 1));
    Path names = Files.writeString(dir.resolve("batches.meta.txt"), "one\ntwo\n");
    var e = assertThrows(DataException.class, () -> open(CifarSource.cifar10(dir), Split.TRAIN));
    assertEquals(names + " has 2 class names, expected 10", e.getMessage());
    Files.write(names, new byte[] {(byte) 0xC3, 0x28});
    assertThrows(DataException.class, () -> open(CifarSource.cifar10(dir), Split.TRAIN));
  }

  @Test
  void aMissingFolderIsNamed() throws IOException {
    Path missing = dir.resolve("none");
    assertEquals(
        "no such directory: " + missing,
        assertThrows(DataException.class, () -> open(CifarSource.cifar10(missing), Split.TRAIN))
            .getMessage());
    assertEquals(
        "no CIFAR-10 files (data_batch_*.bin) in " + dir,
        assertThrows(DataException.class, () -> open(CifarSource.cifar10(dir), Split.TRAIN))
            .getMessage());
    Files.createDirectories(dir.resolve("train"));
    assertEquals(
        "no CIFAR-10 files (data_batch_*.bin) in "
            + dir
            + "; for its folder train with images set data.source=folder",
        assertThrows(DataException.class, () -> open(CifarSource.cifar10(dir), Split.TRAIN))
            .getMessage());
    Path file = Files.writeString(dir.resolve("file"), "x");
    assertEquals(
        "not a directory: " + file,
        assertThrows(DataException.class, () -> open(CifarSource.cifar10(file), Split.TRAIN))
            .getMessage());
  }

  private ImageDataset open(DataSource source, Split split) {
    return Datasets.open(source, split, dir.resolve("cache"), BadImagePolicy.FAIL, Progress.NONE);
  }

  private static RgbImage image(int index) {
    return TestImages.noise(index, 32, 32);
  }

  /** Records {@code first} and following, in planes, with the index as the last label. */
  private static byte[] records(int labelBytes, int first, int count) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = first; i < first + count; i++) {
      if (labelBytes == 2) {
        out.write(99);
      }
      out.write(i % 10);
      byte[] pixels = image(i).array();
      for (int c = 0; c < 3; c++) {
        for (int p = 0; p < 1024; p++) {
          out.write(pixels[3 * p + c]);
        }
      }
    }
    return out.toByteArray();
  }
}
