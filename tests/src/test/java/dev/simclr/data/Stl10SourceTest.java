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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class Stl10SourceTest {
  private static final int SIDE = 96;

  @TempDir Path temporary;
  private Path dir;

  @BeforeEach
  void write() throws IOException {
    dir = temporary.toRealPath();
    Path unpacked = Files.createDirectory(dir.resolve("stl10_binary"));
    Files.write(unpacked.resolve("train_X.bin"), images(0, 4));
    Files.write(unpacked.resolve("train_y.bin"), new byte[] {1, 10, 3, 1});
    Files.write(unpacked.resolve("test_X.bin"), images(10, 2));
    Files.write(unpacked.resolve("test_y.bin"), new byte[] {2, 9});
    Files.write(unpacked.resolve("unlabeled_X.bin"), images(20, 3));
    Files.writeString(unpacked.resolve("fold_indices.txt"), "3 1 \n0 2 \n");
  }

  /** As MATLAB writes them: each plane column by column. */
  private static byte[] images(int first, int count) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = first; i < first + count; i++) {
      byte[] pixels = TestImages.noise(i, SIDE, SIDE).array();
      for (int c = 0; c < 3; c++) {
        for (int x = 0; x < SIDE; x++) {
          for (int y = 0; y < SIDE; y++) {
            out.write(pixels[3 * (y * SIDE + x) + c]);
          }
        }
      }
    }
    return out.toByteArray();
  }

  private ImageDataset open(String train, Split split) {
    return Datasets.open(
        Stl10Source.of(dir, train),
        split,
        dir.resolve("cache"),
        BadImagePolicy.FAIL,
        Progress.NONE);
  }

  private static void assertImages(ImageDataset dataset, int... expected) {
    assertEquals(expected.length, dataset.size());
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(
          TestImages.noise(expected[i], SIDE, SIDE).array(), TestImages.pixels(dataset, i));
    }
  }

  private static int[] labels(ImageDataset dataset) {
    return IntStream.range(0, dataset.size()).map(dataset::label).toArray();
  }

  @Test
  void readsTheLabelledImages() {
    try (ImageDataset train = open("train", Split.TRAIN);
        ImageDataset test = open("train", Split.TEST)) {
      assertImages(train, 0, 1, 2, 3);
      assertArrayEquals(new int[] {0, 9, 2, 0}, labels(train));
      assertEquals(List.of("1", "2", "3", "4", "5", "6", "7", "8", "9", "10"), train.classNames());
      assertTrue(train.labelled());
      assertImages(test, 10, 11);
      assertArrayEquals(new int[] {1, 8}, labels(test));
    }
  }

  @Test
  void readsTheUnlabelledImages() {
    try (ImageDataset unlabelled = open("unlabeled", Split.TRAIN);
        ImageDataset both = open("train+unlabeled", Split.TRAIN)) {
      assertImages(unlabelled, 20, 21, 22);
      assertFalse(unlabelled.labelled());
      assertImages(both, 0, 1, 2, 3, 20, 21, 22);
      assertArrayEquals(new int[] {0, 9, 2, 0, -1, -1, -1}, labels(both));
      assertFalse(both.labelled(), "not all images have labels");
    }
  }

  @Test
  void readsFolds() {
    try (ImageDataset first = open("fold-0", Split.TRAIN);
        ImageDataset second = open("fold-1", Split.TRAIN)) {
      assertImages(first, 3, 1);
      assertArrayEquals(new int[] {0, 9}, labels(first));
      assertEquals("train/000003", first.name(0));
      assertImages(second, 0, 2);
    }
    var e = assertThrows(DataException.class, () -> open("fold-2", Split.TRAIN));
    assertTrue(e.getMessage().endsWith("fold_indices.txt has 2 lines, expected one per fold"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"labelled", "fold-10", "fold-", "unlabeled+train", ""})
  void refusesOtherParts(String train) {
    var e = assertThrows(IllegalArgumentException.class, () -> Stl10Source.of(dir, train));
    assertTrue(e.getMessage().startsWith("data.train is " + train + "; allowed"), e.getMessage());
  }

  @Test
  void refusesFilesThatDoNotFitTogether() throws IOException {
    Path unpacked = dir.resolve("stl10_binary");
    Files.write(unpacked.resolve("train_y.bin"), new byte[] {1, 10, 3});
    assertEquals(
        unpacked.resolve("train_y.bin") + " has 3 labels for 4 images",
        assertThrows(DataException.class, () -> open("train", Split.TRAIN)).getMessage());
    for (int wrong : new int[] {0, 11}) {
      Files.write(unpacked.resolve("train_y.bin"), new byte[] {1, (byte) wrong, 3, 1});
      var e = assertThrows(DataException.class, () -> open("train", Split.TRAIN));
      assertTrue(e.getMessage().contains("label " + wrong + " is not in [1, 10]"), e.getMessage());
    }
    Files.write(unpacked.resolve("test_X.bin"), Arrays.copyOf(images(0, 1), 27_000));
    var e = assertThrows(DataException.class, () -> open("train", Split.TEST));
    assertTrue(e.getMessage().contains("truncated or not a STL-10 file"), e.getMessage());
    Files.writeString(unpacked.resolve("fold_indices.txt"), "1 7\n1 x\n");
    Files.write(unpacked.resolve("train_y.bin"), new byte[] {1, 1, 3, 1});
    assertTrue(
        assertThrows(DataException.class, () -> open("fold-0", Split.TRAIN))
            .getMessage()
            .endsWith("fold 0 names image 7 of 4"));
    assertThrows(DataException.class, () -> open("fold-1", Split.TRAIN));
    Files.delete(unpacked.resolve("unlabeled_X.bin"));
    assertEquals(
        "no STL-10 file unlabeled_X.bin in " + unpacked,
        assertThrows(DataException.class, () -> open("unlabeled", Split.TRAIN)).getMessage());
  }
}
