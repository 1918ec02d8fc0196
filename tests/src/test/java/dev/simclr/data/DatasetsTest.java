package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.io.CannotWriteException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packing, mapping, policies; the sources have tests of their own. */
class DatasetsTest {
  private static final int IMAGES = 6;

  @TempDir Path dir;
  private Path root;
  private Path cache;

  @BeforeEach
  void makeFolder() throws IOException {
    root = dir.toRealPath().resolve("images");
    cache = dir.resolve("cache/deep");
    for (int i = 0; i < IMAGES; i++) {
      TestImages.write(root.resolve(i % 2 == 0 ? "cat" : "dog").resolve(i + ".png"), image(i));
    }
  }

  @Test
  void packsOnceAndMapsAfterwards() throws IOException {
    List<String> reports = new ArrayList<>();
    Progress progress = (task, done, total) -> reports.add(task + " " + done + "/" + total);
    String fingerprint;
    try (ImageDataset dataset = open(BadImagePolicy.FAIL, progress)) {
      checkContent(dataset);
      fingerprint = dataset.fingerprint();
    }
    assertEquals("packing folder train 0/6", reports.getFirst());
    assertEquals("packing folder train 6/6", reports.getLast());
    Path pack = pack();
    FileTime made = Files.getLastModifiedTime(pack);
    reports.clear();
    try (ImageDataset dataset = open(BadImagePolicy.FAIL, progress)) {
      checkContent(dataset);
      assertEquals(fingerprint, dataset.fingerprint());
    }
    assertEquals(List.of(), reports);
    assertEquals(made, Files.getLastModifiedTime(pack));
  }

  @Test
  void imagesAreReadOnlyAndOutliveTheDataset() {
    MemorySegment pixels;
    ImageDataset dataset = open(BadImagePolicy.FAIL);
    pixels = dataset.image(0);
    assertTrue(pixels.isReadOnly());
    assertThrows(IndexOutOfBoundsException.class, () -> dataset.image(IMAGES));
    assertThrows(IndexOutOfBoundsException.class, () -> dataset.label(-1));
    dataset.close();
    dataset.close();
    assertThrows(IllegalStateException.class, () -> dataset.image(0));
    assertThrows(IllegalStateException.class, () -> dataset.height(0));
    assertArrayEquals(image(0).array(), pixels.toArray(ValueLayout.JAVA_BYTE));
  }

  @Test
  void iteratesInOrder() {
    try (ImageDataset dataset = open(BadImagePolicy.FAIL)) {
      List<String> names = dataset.samples().map(Sample::name).toList();
      assertEquals(
          List.of("cat/0.png", "cat/2.png", "cat/4.png", "dog/1.png", "dog/3.png", "dog/5.png"),
          names);
      Sample third = dataset.sample(3);
      assertEquals(1, third.label());
      assertEquals(9, third.height());
      assertEquals(8, third.width());
    }
  }

  @Test
  void theFingerprintFollowsTheContentNotThePlace() throws IOException {
    String before = fingerprint();
    Path moved = root.resolveSibling("moved");
    Files.move(root, moved);
    root = moved;
    assertEquals(before, fingerprint());
    TestImages.write(root.resolve("cat/0.png"), image(77));
    assertNotEquals(before, fingerprint());
  }

  @Test
  void theNumberOfThreadsChangesNothingButThePlaceOfPixels() throws IOException {
    for (int threads : new int[] {1, 2, 5}) {
      Path other = dir.resolve("cache" + threads);
      PackOptions options = PackOptions.defaults().withThreads(threads);
      try (ImageDataset dataset = open(other, BadImagePolicy.FAIL, options, Progress.NONE)) {
        checkContent(dataset);
        assertEquals(fingerprint(), dataset.fingerprint());
      }
    }
  }

  @Test
  void aChangedSourceIsPackedAnewInThePlaceOfTheOldPack() throws IOException {
    open(BadImagePolicy.FAIL).close();
    Path pack = pack();
    TestImages.write(root.resolve("cat/0.png"), image(50));
    Files.setLastModifiedTime(root.resolve("cat/0.png"), FileTime.fromMillis(1000));
    try (ImageDataset dataset = open(BadImagePolicy.FAIL)) {
      assertArrayEquals(image(50).array(), TestImages.pixels(dataset, 0));
    }
    Files.delete(root.resolve("dog/5.png"));
    try (ImageDataset dataset = open(BadImagePolicy.FAIL)) {
      assertEquals(IMAGES - 1, dataset.size());
    }
    assertEquals(pack, pack());
  }

  @Test
  void aMappingSurvivesTheReplacementOfItsFile() throws IOException {
    try (ImageDataset old = open(BadImagePolicy.FAIL)) {
      Files.setLastModifiedTime(root.resolve("cat/0.png"), FileTime.fromMillis(1000));
      open(BadImagePolicy.FAIL).close();
      checkContent(old);
    }
  }

  @Test
  void damagedPacksAreBuiltAnew() throws IOException {
    open(BadImagePolicy.FAIL).close();
    Path pack = pack();
    byte[] good = Files.readAllBytes(pack);
    String fingerprint = fingerprint();
    Random random = new Random(4);
    for (int i = 0; i < 120; i++) {
      byte[] bad = damage(good, i, random);
      Files.write(pack, bad);
      try (ImageDataset dataset = open(BadImagePolicy.FAIL)) {
        checkContent(dataset);
        assertEquals(fingerprint, dataset.fingerprint());
      }
      assertFalse(
          Arrays.equals(bad, Files.readAllBytes(pack)), "mutant " + i + " was taken as it was");
    }
  }

  private static byte[] damage(byte[] good, int i, Random random) {
    if (i < 40) {
      return Arrays.copyOf(good, i == 39 ? good.length + 1 : good.length * i / 40);
    }
    byte[] bad = good.clone();
    if (i < 80) {
      bad[random.nextInt(184)] ^= (byte) (1 << random.nextInt(8));
    } else {
      int tables = (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong(24);
      bad[tables + random.nextInt(good.length - tables)] ^= (byte) (1 << random.nextInt(8));
    }
    return bad;
  }

  @Test
  void damagedPixelsAreNoticed() throws IOException {
    open(BadImagePolicy.FAIL).close();
    Path pack = pack();
    byte[] good = Files.readAllBytes(pack);
    good[PackHeader.BYTES + 5] ^= 1;
    Files.write(pack, good);
    try (ImageDataset dataset = open(BadImagePolicy.FAIL)) {
      checkContent(dataset);
    }
  }

  @Test
  void failNamesTheFirstBadImage() throws IOException {
    Path bad = Files.writeString(root.resolve("cat/2.png"), "no image");
    Files.writeString(root.resolve("dog/1.png"), "neither");
    var e = assertThrows(DataException.class, () -> open(BadImagePolicy.FAIL));
    assertEquals(
        "bad image "
            + bad
            + ": it is neither a JPEG nor a PNG file"
            + " (data.bad_images=skip leaves such images out)",
        e.getMessage());
    try (Stream<Path> files = Files.list(cache)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void skipCountsAndListsBadImages() throws IOException {
    Files.writeString(root.resolve("cat/2.png"), "no image");
    Files.write(root.resolve("dog/1.png"), Arrays.copyOf(TestImages.png(image(1)), 100));
    for (int run = 0; run < 2; run++) {
      try (ImageDataset dataset = open(BadImagePolicy.SKIP)) {
        assertEquals(IMAGES - 2, dataset.size());
        assertEquals("cat/4.png", dataset.name(1));
        assertEquals(
            List.of(
                new BadImage("cat/2.png", "it is neither a JPEG nor a PNG file"),
                new BadImage("dog/1.png", "truncated: a chunk promises 236 bytes, 55 are left")),
            dataset.skipped());
      }
    }
    // The pack is there, but was made by leaving images out.
    var e = assertThrows(DataException.class, () -> open(BadImagePolicy.FAIL));
    assertEquals(
        "bad image cat/2.png of "
            + root
            + ": it is neither a JPEG nor a PNG file"
            + " (data.bad_images=skip leaves such images out)",
        e.getMessage());
  }

  @Test
  void skippingEveryImageIsAnError() throws IOException {
    for (int i = 0; i < IMAGES; i++) {
      Files.writeString(root.resolve(i % 2 == 0 ? "cat" : "dog").resolve(i + ".png"), "bad");
    }
    var e = assertThrows(DataException.class, () -> open(BadImagePolicy.SKIP));
    assertEquals(
        "packing folder train: none of the 6 images can be read; the first is "
            + root.resolve("cat/0.png")
            + ": it is neither a JPEG nor a PNG file",
        e.getMessage());
  }

  @Test
  void otherOptionsMakeAnotherPack() throws IOException {
    open(BadImagePolicy.FAIL).close();
    PackOptions small = PackOptions.defaults().withMaxShortSide(5);
    try (ImageDataset dataset = open(cache, BadImagePolicy.FAIL, small, Progress.NONE)) {
      assertEquals(5, dataset.width(0));
      assertEquals(5, dataset.height(0));
      // 12 x 8 pixels before.
      assertEquals(5, dataset.width(2));
      assertEquals(7, dataset.height(2));
      assertEquals(5 * 7 * 3, dataset.image(2).byteSize());
    }
    try (Stream<Path> files = Files.list(cache)) {
      assertEquals(2, files.count());
    }
    try (ImageDataset dataset = open(BadImagePolicy.FAIL)) {
      checkContent(dataset);
    }
  }

  @Test
  void smallerLimitsRefuseWhatIsPackedAlready() {
    open(BadImagePolicy.FAIL).close();
    PackOptions strict = PackOptions.defaults().withLimits(new DecodeLimits(9, 1000, 10_000));
    var e =
        assertThrows(
            DataException.class, () -> open(cache, BadImagePolicy.FAIL, strict, Progress.NONE));
    assertTrue(e.getMessage().contains("its header says 8x10 pixels"), e.getMessage());
  }

  @Test
  void anExceptionOfTheProgressCancels() throws IOException {
    Progress stop =
        (task, done, total) -> {
          throw new ArithmeticException("stop");
        };
    assertThrows(ArithmeticException.class, () -> open(BadImagePolicy.FAIL, stop));
    try (Stream<Path> files = Files.list(cache)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void anInterruptCancels() {
    Progress interrupt = (task, done, total) -> Thread.currentThread().interrupt();
    assertThrows(CancellationException.class, () -> open(BadImagePolicy.FAIL, interrupt));
    assertTrue(Thread.interrupted());
  }

  @Test
  void aCacheThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(dir.resolve("occupied"), "x");
    var e =
        assertThrows(
            CannotWriteException.class,
            () ->
                open(
                    file.resolve("cache"),
                    BadImagePolicy.FAIL,
                    PackOptions.defaults(),
                    Progress.NONE));
    assertTrue(e.getMessage().startsWith("cannot write " + file), e.getMessage());
  }

  @Test
  void oneImageIsADatasetButNotABatch() throws IOException {
    Path single = dir.resolve("single");
    TestImages.write(single.resolve("a.png"), image(0));
    try (ImageDataset dataset =
        Datasets.open(
            ImageFolderSource.of(single), Split.TRAIN, cache, BadImagePolicy.FAIL, Progress.NONE)) {
      assertEquals(1, dataset.size());
      assertFalse(dataset.labelled());
      var e =
          assertThrows(
              DataException.class, () -> Datasets.requireAtLeast(dataset, 256, "a batch of 256"));
      assertEquals("a batch of 256 needs at least 256 images, the data set has 1", e.getMessage());
      Datasets.requireAtLeast(dataset, 1, "embedding");
    }
  }

  @Test
  void theDefaultCacheIsAbsolute() {
    assertTrue(Datasets.defaultCacheDir().isAbsolute());
    assertTrue(Datasets.defaultCacheDir().endsWith("simclr/data"));
  }

  @Test
  void optionsAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> PackOptions.defaults().withMaxShortSide(-1));
    assertThrows(IllegalArgumentException.class, () -> PackOptions.defaults().withThreads(-1));
    assertThrows(IllegalArgumentException.class, () -> PackOptions.forImageSize(0));
    assertEquals(128, PackOptions.forImageSize(32).maxShortSide());
  }

  private static RgbImage image(int seed) {
    return TestImages.noise(seed, 8 + seed % 6, 8);
  }

  private static void checkContent(ImageDataset dataset) {
    assertEquals(IMAGES, dataset.size());
    assertEquals(List.of("cat", "dog"), dataset.classNames());
    assertTrue(dataset.labelled());
    int[] order = {0, 2, 4, 1, 3, 5};
    for (int i = 0; i < IMAGES; i++) {
      RgbImage expected = image(order[i]);
      assertEquals(expected.height(), dataset.height(i));
      assertEquals(expected.width(), dataset.width(i));
      assertEquals(i / 3, dataset.label(i));
      assertEquals((i < 3 ? "cat/" : "dog/") + order[i] + ".png", dataset.name(i));
      assertArrayEquals(expected.array(), TestImages.pixels(dataset, i));
    }
  }

  private String fingerprint() {
    try (ImageDataset dataset = open(BadImagePolicy.FAIL)) {
      return dataset.fingerprint();
    }
  }

  private Path pack() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      List<Path> all = files.toList();
      assertEquals(1, all.size(), all.toString());
      return all.getFirst();
    }
  }

  private ImageDataset open(BadImagePolicy policy) {
    return open(policy, Progress.NONE);
  }

  private ImageDataset open(BadImagePolicy policy, Progress progress) {
    return open(cache, policy, PackOptions.defaults(), progress);
  }

  private ImageDataset open(
      Path cacheDir, BadImagePolicy policy, PackOptions options, Progress progress) {
    return Datasets.open(
        ImageFolderSource.of(root, Optional.empty(), Optional.empty()),
        Split.TRAIN,
        cacheDir,
        policy,
        options,
        progress);
  }
}
