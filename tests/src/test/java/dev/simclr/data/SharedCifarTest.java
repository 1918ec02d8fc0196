package dev.simclr.data;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real photographs, where an archive of CIFAR-10 as JPEG files lies beside the checkout. */
class SharedCifarTest {
  private static final Path ARCHIVE = Path.of("../../shared/data/cifar10-jpeg.tar.gz");
  private static final int IMAGES = 400;
  private static final int BLOCK = 512;

  @Test
  void packsRealPhotographs(@TempDir Path dir) throws IOException {
    assumeTrue(Files.exists(ARCHIVE), ARCHIVE + " is not there");
    unpack(dir.resolve("data"));
    try (ImageDataset dataset =
        Datasets.open(
            ImageFolderSource.of(dir.resolve("data")),
            Split.TRAIN,
            dir.resolve("cache"),
            BadImagePolicy.FAIL,
            PackOptions.forImageSize(32),
            Progress.NONE)) {
      assertEquals(IMAGES, dataset.size());
      assertTrue(dataset.labelled());
      assertTrue(dataset.samples().allMatch(s -> s.height() == 32 && s.width() == 32));
      // Photographs are neither constant nor noise: neighbours differ, but by little.
      double steps =
          dataset.samples().mapToDouble(SharedCifarTest::meanStep).average().orElseThrow();
      assertTrue(steps > 2 && steps < 30, "mean difference of neighbours " + steps);
    }
  }

  private static double meanStep(Sample sample) {
    long sum = 0;
    byte[] pixels = sample.pixels().toArray(ValueLayout.JAVA_BYTE);
    for (int i = 3; i < pixels.length; i++) {
      sum += Math.abs((pixels[i] & 0xFF) - (pixels[i - 3] & 0xFF));
    }
    return (double) sum / (pixels.length - 3);
  }

  /** Writes the archive's first images below {@code target/<class>}. */
  private static void unpack(Path target) throws IOException {
    int images = 0;
    try (InputStream in =
        new BufferedInputStream(new GZIPInputStream(Files.newInputStream(ARCHIVE)))) {
      while (images < IMAGES) {
        byte[] header = in.readNBytes(BLOCK);
        assertEquals(BLOCK, header.length, "the archive ends after " + images + " images");
        String name = new String(header, 0, 100, US_ASCII).trim();
        String size = new String(header, 124, 12, US_ASCII).replaceAll("[^0-7]", "");
        int length = size.isEmpty() ? 0 : Integer.parseInt(size, 8);
        byte[] content = in.readNBytes((length + BLOCK - 1) / BLOCK * BLOCK);
        if (name.endsWith(".jpg")) {
          Path path = Path.of(name);
          Path folder = target.resolve(path.getName(path.getNameCount() - 2));
          Files.createDirectories(folder);
          Files.write(folder.resolve(path.getFileName()), Arrays.copyOf(content, length));
          images++;
        }
      }
    }
  }
}
