package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderSourceTest {
  private static final RgbImage IMAGE = TestImages.noise(1, 4, 4);

  @TempDir Path temporary;
  private Path root;

  @BeforeEach
  void resolve() throws IOException {
    root = temporary.toRealPath().resolve("root");
    Files.createDirectory(root);
  }

  @Test
  void theFirstLevelIsTheClass() throws IOException {
    image("b/2.png");
    image("b/deep/er/1.PNG");
    image("a/z.png");
    image("a/.hidden.png");
    image(".cache/c.png");
    Files.writeString(root.resolve("a/notes.txt"), "x");
    Files.copy(RgbImageTest.FIXTURES.resolve("jpeg_420.jpg"), root.resolve("a/photo.JPEG"));
    Files.createDirectory(root.resolve("empty"));
    try (ImageDataset dataset = open(ImageFolderSource.of(root), Split.TRAIN)) {
      assertEquals(List.of("a", "b"), dataset.classNames());
      assertEquals(
          List.of("a/photo.JPEG", "a/z.png", "b/2.png", "b/deep/er/1.PNG"), names(dataset));
      assertEquals(List.of(0, 0, 1, 1), dataset.samples().map(Sample::label).toList());
      assertTrue(dataset.labelled());
      assertEquals(19, dataset.height(0));
    }
    assertFalse(ImageFolderSource.of(root).has(Split.TEST));
  }

  @Test
  void imagesAtTheTopLevelMeanNoLabels() throws IOException {
    image("top.png");
    image("a/inner.png");
    try (ImageDataset dataset = open(ImageFolderSource.of(root), Split.TRAIN)) {
      assertEquals(List.of("a/inner.png", "top.png"), names(dataset));
      assertFalse(dataset.labelled());
      assertEquals(List.of(), dataset.classNames());
      assertEquals(ImageDataset.UNLABELLED, dataset.label(0));
    }
  }

  @Test
  void usualSplitFoldersAreFound() throws IOException {
    image("train/cat/1.png");
    image("train/dog/1.png");
    image("val/dog/2.png");
    ImageFolderSource source = ImageFolderSource.of(root);
    assertEquals(root.resolve("train").toString(), source.location(Split.TRAIN));
    try (ImageDataset test = open(source, Split.TEST)) {
      assertEquals(List.of("dog/2.png"), names(test));
      // Numbered as in training, although there is no cat.
      assertEquals(List.of("cat", "dog"), test.classNames());
      assertEquals(1, test.label(0));
    }
    image("test/dog/3.png");
    try (ImageDataset test = open(source, Split.TEST)) {
      assertEquals(List.of("dog/3.png"), names(test));
    }
  }

  @Test
  void aClassCalledTrainIsNoSplit() throws IOException {
    image("car/1.png");
    image("train/1.png");
    ImageFolderSource source = ImageFolderSource.of(root);
    assertFalse(source.has(Split.TEST));
    try (ImageDataset dataset = open(source, Split.TRAIN)) {
      assertEquals(List.of("car", "train"), dataset.classNames());
    }
    assertEquals(
        "no test images under " + root,
        assertThrows(DataException.class, () -> open(source, Split.TEST)).getMessage());
  }

  @Test
  void splitFoldersCanBeNamed() throws IOException {
    image("x/y/a/1.png");
    image("held/a/2.png");
    ImageFolderSource source = ImageFolderSource.of(root, Optional.of("x/y"), Optional.of("held"));
    try (ImageDataset train = open(source, Split.TRAIN);
        ImageDataset test = open(source, Split.TEST)) {
      assertEquals(List.of("a/1.png"), names(train));
      assertEquals(List.of("a/2.png"), names(test));
      assertEquals(train.classNames(), test.classNames());
    }
    ImageFolderSource wrong = ImageFolderSource.of(root, Optional.of("y"), Optional.empty());
    assertEquals(
        "no such directory: " + root.resolve("y"),
        assertThrows(DataException.class, () -> open(wrong, Split.TRAIN)).getMessage());
  }

  @Test
  void nothingToReadIsNamed() throws IOException {
    ImageFolderSource source = ImageFolderSource.of(root);
    assertEquals(
        "no JPEG or PNG images under " + root,
        assertThrows(DataException.class, () -> open(source, Split.TRAIN)).getMessage());
    Files.writeString(root.resolve("readme.txt"), "x");
    assertThrows(DataException.class, () -> open(source, Split.TRAIN));
    Path missing = root.resolve("missing");
    assertEquals(
        "no such directory: " + missing,
        assertThrows(DataException.class, () -> open(ImageFolderSource.of(missing), Split.TRAIN))
            .getMessage());
  }

  @Test
  void linksAreFollowed() throws IOException {
    Path elsewhere = root.resolveSibling("elsewhere");
    TestImages.write(elsewhere.resolve("1.png"), IMAGE);
    Files.createSymbolicLink(root.resolve("linked"), elsewhere);
    try (ImageDataset dataset = open(ImageFolderSource.of(root), Split.TRAIN)) {
      assertEquals(List.of("linked/1.png"), names(dataset));
    }
    Files.createSymbolicLink(root.resolve("linked/gone.png"), root.resolve("nowhere.png"));
    assertTrue(
        assertThrows(DataException.class, () -> open(ImageFolderSource.of(root), Split.TRAIN))
            .getMessage()
            .startsWith("bad image " + root.resolve("linked/gone.png") + ": no such file"));
  }

  @Test
  void aCircleOfLinksIsNamed() throws IOException {
    image("a/1.png");
    Files.createSymbolicLink(root.resolve("a/again"), root);
    var e = assertThrows(DataException.class, () -> open(ImageFolderSource.of(root), Split.TRAIN));
    assertEquals(
        root.resolve("a/again") + " is a link to a folder that contains it", e.getMessage());
  }

  @Test
  @Timeout(20)
  void aPipeIsNotWaitedFor() throws Exception {
    image("a/1.png");
    Path pipe = root.resolve("a/0.png");
    Process mkfifo = new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start();
    assertTrue(mkfifo.waitFor(10, TimeUnit.SECONDS) && mkfifo.exitValue() == 0);
    var e = assertThrows(DataException.class, () -> open(ImageFolderSource.of(root), Split.TRAIN));
    assertTrue(e.getMessage().startsWith("bad image " + pipe + ": it is not a regular file"));
  }

  private void image(String name) throws IOException {
    TestImages.write(root.resolve(name), IMAGE);
  }

  private static List<String> names(ImageDataset dataset) {
    return dataset.samples().map(Sample::name).toList();
  }

  private ImageDataset open(DataSource source, Split split) {
    return Datasets.open(
        source, split, root.resolveSibling("cache"), BadImagePolicy.FAIL, Progress.NONE);
  }
}
