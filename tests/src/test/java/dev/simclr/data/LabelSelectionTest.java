package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LabelSelectionTest {
  @TempDir Path directory;

  /** 30 images of class a, 20 of class b; a/7.png and b/7.png have the same last part. */
  private static MemoryDataset images() {
    var builder = MemoryDataset.builder(List.of("a", "b"));
    for (int i = 0; i < 50; i++) {
      byte[] pixel = {(byte) i, 0, 0};
      String name =
          i == 7 ? "a/7.png" : i == 37 ? "b/7.png" : (i < 30 ? "a/a" : "b/b") + "_" + i + ".png";
      builder.add(name, i < 30 ? 0 : 1, RgbImage.of(1, 1, pixel));
    }
    return builder.build();
  }

  private static long count(ImageDataset images, int[] indices, int label) {
    return Arrays.stream(indices).filter(i -> images.label(i) == label).count();
  }

  @Test
  void readsWhatPeopleType() {
    assertEquals(new LabelSelection.All(), LabelSelection.parse("all"));
    assertEquals(new LabelSelection.Share(0.01), LabelSelection.parse("1%"));
    assertEquals(new LabelSelection.Share(0.125), LabelSelection.parse("12.5%"));
    assertEquals(new LabelSelection.PerClass(25), LabelSelection.parse("25"));
    assertEquals(
        new LabelSelection.Listed(Path.of("1percent.txt")), LabelSelection.parse("1percent.txt"));
    for (String wrong : List.of("0%", "101%", "0", "2.5")) {
      var e =
          assertThrows(IllegalArgumentException.class, () -> LabelSelection.parse(wrong), wrong);
      assertTrue(e.getMessage().startsWith("the "), e.getMessage());
      assertTrue(e.getMessage().contains("; allowed: "), e.getMessage());
    }
  }

  @Test
  void sharesAndNumbersAreBalanced() {
    try (MemoryDataset images = images()) {
      int[] fifth = new LabelSelection.Share(0.2).choose(images, 1);
      assertEquals(5, count(images, fifth, 0));
      assertEquals(5, count(images, fifth, 1));
      assertFalse(Arrays.equals(fifth, new LabelSelection.Share(0.2).choose(images, 2)));
      assertArrayEquals(fifth, new LabelSelection.PerClass(5).choose(images, 1));
      assertEquals(2, new LabelSelection.Share(0.0001).choose(images, 1).length);
      assertEquals(50, new LabelSelection.All().choose(images, 1).length);
      var e =
          assertThrows(
              DataException.class, () -> new LabelSelection.PerClass(21).choose(images, 1));
      assertEquals(
          "class b has 20 labelled images, fewer than the 21 of each class that are asked for",
          e.getMessage());
    }
  }

  private int[] listed(ImageDataset images, String text) throws IOException {
    Path file = Files.writeString(directory.resolve("list.txt"), text);
    return new LabelSelection.Listed(file).choose(images, 0);
  }

  @Test
  void filesNameImagesWithOrWithoutTheirFolder() throws IOException {
    try (MemoryDataset images = images()) {
      assertArrayEquals(
          new int[] {3, 7, 37, 49}, listed(images, "b_49.png\na/a_3.png\r\n\n  b/7.png\na/7.png"));
      String file = directory.resolve("list.txt").toString();
      for (var wrong :
          List.of(
              List.of("a_3.png\nnone.png\n", ", line 2: none.png is no image of the data"),
              List.of("7.png", ", line 1: 7.png names several images"),
              List.of("a_3.png\na/a_3.png", ", line 2: a/a_3.png is listed twice"),
              List.of("\n \n", " lists no images"))) {
        var e = assertThrows(DataException.class, () -> listed(images, wrong.get(0)));
        assertEquals(file + wrong.get(1), e.getMessage());
      }
      Path missing = directory.resolve("missing.txt");
      var e =
          assertThrows(
              DataException.class, () -> new LabelSelection.Listed(missing).choose(images, 0));
      assertEquals("cannot read " + missing + ": there is no such file", e.getMessage());
      Path binary = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xff, 0, 1});
      e =
          assertThrows(
              DataException.class, () -> new LabelSelection.Listed(binary).choose(images, 0));
      assertEquals("cannot read " + binary + ": it is not a text file in UTF-8", e.getMessage());
    }
  }

  @Test
  void aSubsetIsItsImages() {
    try (MemoryDataset images = images();
        SubsetDataset subset = SubsetDataset.of(images, new int[] {40, 3})) {
      assertEquals(2, subset.size());
      assertEquals("b/b_40.png", subset.name(0));
      assertEquals(1, subset.label(0));
      assertEquals(0, subset.label(1));
      assertTrue(subset.labelled());
      assertEquals(images.classNames(), subset.classNames());
      assertEquals(3, subset.image(1).get(ValueLayout.JAVA_BYTE, 0));
      assertEquals(40, subset.reader().read(0).pixels().get(ValueLayout.JAVA_BYTE, 0));
      assertEquals(1, subset.height(0));
      assertEquals(1, subset.width(0));
      assertNotEquals(images.fingerprint(), subset.fingerprint());
      assertNotEquals(
          SubsetDataset.of(images, new int[] {3, 40}).fingerprint(), subset.fingerprint());
      assertEquals(SubsetDataset.of(images, new int[] {40, 3}).fingerprint(), subset.fingerprint());
      SubsetDataset.of(images, new int[] {1}).close();
      assertEquals("a/a_3.png", images.name(3), "the images stay open");
      assertThrows(DataException.class, () -> SubsetDataset.of(images, new int[0]));
      var e =
          assertThrows(
              IllegalArgumentException.class, () -> SubsetDataset.of(images, new int[] {1, 1}));
      assertEquals("index 1; allowed: 0 to 49, each at most once", e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> SubsetDataset.of(images, new int[] {50}));
    }
  }
}
