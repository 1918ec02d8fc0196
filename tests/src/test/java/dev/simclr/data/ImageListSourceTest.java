package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ImageListSourceTest {
  @TempDir Path temporary;
  private Path dir;

  @BeforeEach
  void write() throws IOException {
    dir = temporary.toRealPath();
    for (int i = 0; i < 4; i++) {
      TestImages.write(dir.resolve("images/" + i + ".png"), TestImages.noise(i, 5, 7));
    }
    TestImages.write(dir.resolve("images/a, b.png"), TestImages.noise(9, 5, 7));
  }

  private ImageDataset open(Optional<String> test, Split split) {
    return Datasets.open(
        ImageListSource.of(dir, Path.of("train.txt"), test.map(Path::of)),
        split,
        dir.resolve("cache"),
        BadImagePolicy.FAIL,
        Progress.NONE);
  }

  private ImageDataset train(String lines) throws IOException {
    Files.writeString(dir.resolve("train.txt"), lines);
    return open(Optional.empty(), Split.TRAIN);
  }

  @Test
  void readsPathsAndClasses() throws IOException {
    Files.writeString(dir.resolve("test.txt"), "images/3.png,ant\n");
    Files.writeString(
        dir.resolve("train.txt"),
        "images/2.png,cat\n\n  images/0.png , dog \r\nimages/a, b.png,cat\n"
            + dir.resolve("images/1.png")
            + ",dog");
    try (ImageDataset train = open(Optional.of("test.txt"), Split.TRAIN);
        ImageDataset test = open(Optional.of("test.txt"), Split.TEST)) {
      assertEquals(List.of("ant", "cat", "dog"), train.classNames());
      assertEquals(train.classNames(), test.classNames());
      int[] images = {2, 0, 9, 1};
      int[] labels = {1, 2, 1, 2};
      assertEquals(4, train.size());
      for (int i = 0; i < 4; i++) {
        assertArrayEquals(TestImages.noise(images[i], 5, 7).array(), TestImages.pixels(train, i));
        assertEquals(labels[i], train.label(i));
      }
      assertEquals("images/a, b.png", train.name(2));
      assertEquals(0, test.label(0));
    }
  }

  /** Lists may lie in folders of their own. */
  @Test
  void withoutARootPathsStartFromTheFolderOfTheirList() throws IOException {
    Files.createDirectories(dir.resolve("lists/tests"));
    Path train = Files.writeString(dir.resolve("lists/train.txt"), "../images/2.png,cat\n");
    Path test = Files.writeString(dir.resolve("lists/tests/test.txt"), "../../images/3.png,cat\n");
    ImageListSource source =
        ImageListSource.of(Path.of("").toAbsolutePath().relativize(train), Optional.of(test));
    int[] images = {2, 3};
    for (Split split : Split.values()) {
      try (ImageDataset dataset =
          Datasets.open(source, split, dir.resolve("cache"), BadImagePolicy.FAIL, Progress.NONE)) {
        assertArrayEquals(
            TestImages.noise(images[split.ordinal()], 5, 7).array(), TestImages.pixels(dataset, 0));
      }
    }
    assertEquals(train.toString(), source.location(Split.TRAIN));
    DataException missing =
        assertThrows(
            DataException.class,
            () -> ImageListSource.of(dir.resolve("none.txt"), Optional.empty()).list(Split.TRAIN));
    assertEquals("cannot read " + dir.resolve("none.txt") + ": no such file", missing.getMessage());
  }

  @Test
  void classesAreOptional() throws IOException {
    try (ImageDataset train = train("images/2.png\nimages/0.png\n")) {
      assertFalse(train.labelled());
      assertEquals(List.of(), train.classNames());
      assertArrayEquals(TestImages.noise(2, 5, 7).array(), TestImages.pixels(train, 0));
    }
    assertFalse(ImageListSource.of(dir, Path.of("train.txt"), Optional.empty()).has(Split.TEST));
  }

  @Test
  void anotherClassMakesAnotherPack() throws IOException {
    String before;
    try (ImageDataset train = train("images/2.png,a\nimages/0.png,b\n")) {
      before = train.fingerprint();
    }
    try (ImageDataset train = train("images/2.png,b\nimages/0.png,a\n")) {
      assertEquals(1, train.label(0));
      assertFalse(before.equals(train.fingerprint()));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "images/2.png, | line 1: no class after the comma",
        "images/2.png\\nimages/2.png | line 2: images/2.png is listed before",
        "images/7.png | images/7.png, which",
        "'' | lists no image",
      })
  void refusesBadLists(String lines, String message) {
    var e = assertThrows(DataException.class, () -> train(lines.replace("\\n", "\n")));
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertTrue(e.getMessage().contains("train.txt"), e.getMessage());
  }

  @Test
  void theRootOfTheFileSystemIsNoList() {
    ImageListSource source = ImageListSource.of(Path.of("/"), Optional.empty());
    DataException e = assertThrows(DataException.class, () -> source.list(Split.TRAIN));
    assertEquals("/ is no list of images", e.getMessage());
  }

  @Test
  void aMissingListIsNamed() {
    var e = assertThrows(DataException.class, () -> open(Optional.empty(), Split.TRAIN));
    assertTrue(e.getMessage().contains(dir.resolve("train.txt").toString()), e.getMessage());
  }
}
