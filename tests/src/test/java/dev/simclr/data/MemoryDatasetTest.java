package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryDatasetTest {
  private static final RgbImage FIRST = TestImages.noise(1, 3, 5);
  private static final RgbImage SECOND = TestImages.noise(2, 6, 2);

  @Test
  void holdsWhatWasAdded() {
    ImageDataset dataset =
        MemoryDataset.builder(List.of("a", "b")).add("x", 1, FIRST).add("y", 0, SECOND).build();
    assertEquals(2, dataset.size());
    assertTrue(dataset.labelled());
    assertEquals(1, dataset.label(0));
    assertEquals(6, dataset.height(1));
    assertEquals(2, dataset.width(1));
    assertEquals("y", dataset.name(1));
    assertArrayEquals(SECOND.array(), TestImages.pixels(dataset, 1));
    assertTrue(dataset.image(0).isReadOnly() && dataset.image(0).isNative());
    assertThrows(IndexOutOfBoundsException.class, () -> dataset.image(2));
    dataset.close();
    assertThrows(IllegalStateException.class, () -> dataset.image(0));
  }

  @Test
  void hasTheFingerprintOfTheSameImagesInFiles(@TempDir Path dir) throws IOException {
    TestImages.write(dir.resolve("d/a/x.png"), FIRST);
    TestImages.write(dir.resolve("d/b/y.png"), SECOND);
    MemoryDataset.Builder builder = MemoryDataset.builder(List.of("a", "b"));
    builder.add("a/x.png", 0, FIRST);
    try (ImageDataset packed =
            Datasets.open(
                ImageFolderSource.of(dir.resolve("d")),
                Split.TRAIN,
                dir.resolve("cache"),
                BadImagePolicy.FAIL,
                Progress.NONE);
        ImageDataset one = builder.build();
        ImageDataset both = builder.add("b/y.png", 1, SECOND).build()) {
      assertEquals(packed.fingerprint(), both.fingerprint());
      assertFalse(packed.fingerprint().equals(one.fingerprint()));
    }
  }

  @Test
  void labelsAreOptionalAndChecked() {
    MemoryDataset.Builder builder = MemoryDataset.builder(List.of());
    assertFalse(builder.add("x", ImageDataset.UNLABELLED, FIRST).build().labelled());
    var e = assertThrows(IllegalArgumentException.class, () -> builder.add("y", 0, SECOND));
    assertEquals("label must be -1 or in [0, 0), got 0", e.getMessage());
    assertThrows(DataException.class, () -> MemoryDataset.builder(List.of()).build());
  }
}
