package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FashionMnistSourceTest {
  private static final int SIDE = 28;

  @TempDir Path temporary;
  private Path dir;

  @BeforeEach
  void resolve() throws IOException {
    dir = temporary.toRealPath();
  }

  @Test
  void readsGzippedAndPlainFiles() throws IOException {
    write("train-images-idx3-ubyte.gz", gzip(images(5)));
    write("train-labels-idx1-ubyte.gz", gzip(labels(5)));
    write("t10k-images-idx3-ubyte", images(3));
    write("t10k-labels-idx1-ubyte", labels(3));
    for (Split split : Split.values()) {
      try (ImageDataset dataset = open(split, BadImagePolicy.FAIL)) {
        assertEquals(split == Split.TRAIN ? 5 : 3, dataset.size());
        assertEquals("Ankle boot", dataset.classNames().get(9));
        assertTrue(dataset.labelled());
        for (int i = 0; i < dataset.size(); i++) {
          assertEquals(i, dataset.label(i));
          assertEquals(SIDE, dataset.height(i));
          byte[] pixels = TestImages.pixels(dataset, i);
          for (int p = 0; p < pixels.length; p++) {
            assertEquals(pixel(i, p / 3), pixels[p]);
          }
        }
        assertEquals(split.id() + "/00001", dataset.name(1));
      }
    }
  }

  @Test
  void labelsMayBeAbsent() throws IOException {
    Path raw = Files.createDirectories(dir.resolve("FashionMNIST/raw"));
    Files.write(raw.resolve("train-images-idx3-ubyte"), images(2));
    FashionMnistSource source = FashionMnistSource.of(dir);
    assertTrue(source.has(Split.TRAIN));
    assertFalse(source.has(Split.TEST));
    try (ImageDataset dataset = open(Split.TRAIN, BadImagePolicy.FAIL)) {
      assertFalse(dataset.labelled());
      assertEquals(ImageDataset.UNLABELLED, dataset.label(0));
      assertEquals(List.of(), dataset.classNames());
    }
    assertEquals(
        "no Fashion-MNIST file t10k-images-idx3-ubyte[.gz] in " + raw,
        failure(Split.TEST).getMessage());
  }

  @Test
  void filesThatLieAboutTheirSizeAreRefusedWhateverThePolicy() throws IOException {
    Path file = write("train-images-idx3-ubyte", Arrays.copyOf(images(5), 16 + 4 * 784 + 100));
    assertEquals(
        file + " lies about its size: its header says 3920 bytes of data, it has 3236",
        failure(Split.TRAIN).getMessage());
    write("train-images-idx3-ubyte", Arrays.copyOf(images(5), 16 + 5 * 784 + 1));
    assertEquals(
        file + " lies about its size: its header says 3920 bytes of data, it has more",
        failure(Split.TRAIN).getMessage());
    write("train-images-idx3-ubyte", withShape(images(5), 600_000, 28, 28));
    assertTrue(failure(Split.TRAIN).getMessage().contains("lies about its size"));
  }

  @Test
  void shapesThatNobodyCanMeanAreRefused() throws IOException {
    int[][] shapes = {
      {Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE},
      {-1, 28, 28},
      {0, 28, 28},
      {5, 0, 28},
      {5, 28, -28},
      {4_194_305, 4_194_305, 5},
    };
    for (int[] shape : shapes) {
      write("train-images-idx3-ubyte", withShape(images(5), shape));
      String message = failure(Split.TRAIN).getMessage();
      assertTrue(message.contains("its header says shape " + Arrays.toString(shape)), message);
    }
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Path file = write("train-images-idx3-ubyte", labels(5));
    assertEquals(
        file + " is not an IDX file of bytes with 3 dimension(s)",
        failure(Split.TRAIN).getMessage());
    write("train-images-idx3-ubyte", new byte[0]);
    failure(Split.TRAIN);
    write("train-images-idx3-ubyte", Arrays.copyOf(images(5), 10));
    assertEquals(file + " is truncated: its header is cut off", failure(Split.TRAIN).getMessage());
  }

  @Test
  void damagedGzipIsRefused() throws IOException {
    byte[] good = gzip(images(5));
    Path file = write("train-images-idx3-ubyte.gz", Arrays.copyOf(good, good.length / 2));
    assertEquals(file + " is truncated", failure(Split.TRAIN).getMessage());
    good[good.length - 5] ^= 1;
    write("train-images-idx3-ubyte.gz", good);
    assertTrue(failure(Split.TRAIN).getMessage().startsWith(file + " is corrupt"));
  }

  @Test
  void mutantsAreRefusedOrRead() throws IOException {
    byte[] plain = images(3);
    byte[] zipped = gzip(plain);
    Random random = new Random(8);
    int refused = 0;
    for (int i = 0; i < 200; i++) {
      byte[] mutant = (i % 2 == 0 ? plain : zipped).clone();
      mutant[random.nextInt(i % 2 == 0 ? 16 : mutant.length)] ^= (byte) (1 << random.nextInt(8));
      write("train-images-idx3-ubyte", mutant);
      try (ImageDataset dataset = open(Split.TRAIN, BadImagePolicy.SKIP)) {
        assertTrue(dataset.size() >= 1);
      } catch (DataException e) {
        refused++;
      }
    }
    assertTrue(refused > 150, "only " + refused + " refused");
  }

  @Test
  void labelsMustMatchTheImages() throws IOException {
    Path images = write("train-images-idx3-ubyte", images(5));
    Path labels = write("train-labels-idx1-ubyte", labels(4));
    assertEquals(
        labels + " has 4 labels for the 5 images of " + images, failure(Split.TRAIN).getMessage());
    byte[] wrong = labels(5);
    wrong[8 + 2] = 10;
    write("train-labels-idx1-ubyte", wrong);
    String message = failure(Split.TRAIN).getMessage();
    assertTrue(
        message.startsWith("bad image " + images + " image 2: label 10 is not in [0, 9]"), message);
  }

  private DataException failure(Split split) {
    return assertThrows(DataException.class, () -> open(split, BadImagePolicy.FAIL).close());
  }

  private ImageDataset open(Split split, BadImagePolicy policy) {
    return Datasets.open(
        FashionMnistSource.of(dir), split, dir.resolve("cache"), policy, Progress.NONE);
  }

  private Path write(String name, byte[] content) throws IOException {
    return Files.write(dir.resolve(name), content);
  }

  private static byte pixel(int image, int i) {
    return (byte) (image * 31 + i * 7);
  }

  private static byte[] images(int count) {
    ByteBuffer out = ByteBuffer.allocate(16 + count * SIDE * SIDE);
    out.putInt(0x0803).putInt(count).putInt(SIDE).putInt(SIDE);
    for (int i = 0; i < count; i++) {
      for (int p = 0; p < SIDE * SIDE; p++) {
        out.put(pixel(i, p));
      }
    }
    return out.array();
  }

  private static byte[] labels(int count) {
    ByteBuffer out = ByteBuffer.allocate(8 + count);
    out.putInt(0x0801).putInt(count);
    for (int i = 0; i < count; i++) {
      out.put((byte) i);
    }
    return out.array();
  }

  private static byte[] withShape(byte[] file, int... shape) {
    ByteBuffer out = ByteBuffer.wrap(file.clone());
    for (int d = 0; d < shape.length; d++) {
      out.putInt(4 + 4 * d, shape[d]);
    }
    return out.array();
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    }
    return out.toByteArray();
  }
}
