package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GeneratedSourceTest {
  @TempDir Path cache;

  @Test
  void drawsOncePerParameters() {
    AtomicInteger draws = new AtomicInteger();
    String fingerprint;
    try (ImageDataset dataset = open(noise(7, draws))) {
      assertEquals(5, dataset.size());
      assertEquals(1, dataset.label(3));
      assertEquals("train/00003", dataset.name(3));
      assertArrayEquals(TestImages.noise(7 + 3, 6, 4).array(), TestImages.pixels(dataset, 3));
      fingerprint = dataset.fingerprint();
    }
    open(noise(7, draws)).close();
    assertEquals(5, draws.get());
    try (ImageDataset dataset = open(noise(8, draws))) {
      assertNotEquals(fingerprint, dataset.fingerprint());
    }
    assertEquals(10, draws.get());
  }

  @Test
  void missingSplitsAndBadNamesAreErrors() {
    GeneratedSource source =
        GeneratedSource.of("noise", Map.of(Split.TRAIN, noise(1, new AtomicInteger())));
    assertFalse(source.has(Split.TEST));
    assertEquals(
        "the data set noise has no test images",
        assertThrows(DataException.class, () -> source.list(Split.TEST)).getMessage());
    assertThrows(IllegalArgumentException.class, () -> GeneratedSource.of("../x", Map.of()));
  }

  private ImageDataset open(ImageGenerator generator) {
    return Datasets.open(
        GeneratedSource.of("noise", Map.of(Split.TRAIN, generator)),
        Split.TRAIN,
        cache,
        BadImagePolicy.FAIL,
        Progress.NONE);
  }

  private static ImageGenerator noise(int seed, AtomicInteger draws) {
    return new ImageGenerator() {
      @Override
      public int size() {
        return 5;
      }

      @Override
      public List<String> classNames() {
        return List.of("even", "odd");
      }

      @Override
      public int label(int index) {
        return index % 2;
      }

      @Override
      public RgbImage draw(int index) {
        draws.incrementAndGet();
        return TestImages.noise(seed + index, 6, 4);
      }

      @Override
      public String parameters() {
        return "noise, seed " + seed;
      }
    };
  }
}
