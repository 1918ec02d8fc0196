package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.simclr.data.PackOptions.Storage;
import dev.simclr.testing.Repository;
import dev.simclr.torch.Jpeg;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Packs that hold JPEG files, and the parts that readers decode from them. */
class JpegPackTest {
  private static final List<String> JPEGS =
      List.of(
          "baseline_420_31x45",
          "baseline_cmyk_50x33",
          "baseline_gray_1x1",
          "progressive_420_50x33",
          "progressive_422_37x1",
          "restart_420_31x45");

  @TempDir Path dir;
  private Path root;
  private Path cache;

  @BeforeEach
  void makeFolder() throws IOException {
    root = dir.toRealPath().resolve("images");
    cache = dir.resolve("cache");
    Files.createDirectories(root);
    for (String name : JPEGS) {
      Files.copy(
          Repository.path("tests/fixtures/jpeg/" + name + ".jpg"), root.resolve(name + ".jpg"));
    }
    Files.copy(RgbImageTest.FIXTURES.resolve("jpeg_ycck.jpg"), root.resolve("ycck.jpg"));
    Files.copy(RgbImageTest.FIXTURES.resolve("png_palette.png"), root.resolve("z.png"));
  }

  static List<JpegDecoder> decoders() {
    return JpegDecodersTest.decoders();
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void imagesAreThoseOfTheFiles(JpegDecoder decoder) throws IOException {
    try (ImageDataset dataset = open(decoder, Storage.JPEG, false)) {
      assertEquals(JPEGS.size() + 2, dataset.size());
      for (int i = 0; i < dataset.size(); i++) {
        RgbImage expected = expected(dataset.name(i));
        assertEquals(expected.height(), dataset.height(i));
        assertEquals(expected.width(), dataset.width(i));
        assertArrayEquals(expected.array(), TestImages.pixels(dataset, i), dataset.name(i));
        assertTrue(dataset.image(i).isReadOnly() && dataset.image(i).isNative());
      }
    }
    try (Stream<Path> files = Files.list(cache)) {
      long pixels = Files.size(files.findFirst().orElseThrow());
      assertTrue(pixels < 30_000, pixels + " bytes");
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void partsAreBoxesOfTheImages(JpegDecoder decoder) throws IOException {
    Random random = new Random(4);
    for (Storage storage : Storage.values()) {
      try (ImageDataset dataset = open(decoder, storage, false)) {
        PixelReader reader = dataset.reader();
        for (int n = 0; n < 200; n++) {
          int i = random.nextInt(dataset.size());
          int height = 1 + random.nextInt(dataset.height(i));
          int width = 1 + random.nextInt(dataset.width(i));
          Box box =
              new Box(
                  random.nextInt(dataset.height(i) - height + 1),
                  random.nextInt(dataset.width(i) - width + 1),
                  height,
                  width);
          ImagePart part = reader.read(i, box, 8);
          assertEquals(1, part.reduction());
          assertTrue(part.pixels().isNative());
          assertArrayEquals(pixels(expected(dataset.name(i)), box), pixels(part, part.locate(box)));
          if (n % 3 == 0) {
            reader.recycle();
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void partsStayUntilTheyAreRecycled(JpegDecoder decoder) {
    try (ImageDataset dataset = open(decoder, Storage.JPEG, false)) {
      PixelReader reader = dataset.reader();
      byte[][] seen = new byte[dataset.size()][];
      ImagePart[] parts = new ImagePart[dataset.size()];
      for (int i = 0; i < dataset.size(); i++) {
        parts[i] = reader.read(i);
        seen[i] = parts[i].pixels().toArray(ValueLayout.JAVA_BYTE);
      }
      for (int i = 0; i < dataset.size(); i++) {
        assertArrayEquals(seen[i], parts[i].pixels().toArray(ValueLayout.JAVA_BYTE));
      }
      reader.recycle();
      MemorySegment first = reader.read(1).pixels();
      reader.recycle();
      assertEquals(first.address(), reader.read(1).pixels().address());
    }
  }

  @Test
  void reducedPartsCoverTheirBoxes() throws IOException, BadImageException {
    assumeTrue(Jpeg.isAvailable(), "this build has no libsimclr_jpeg.so");
    TurboJpegDecoder turbo = new TurboJpegDecoder();
    Random random = new Random(9);
    try (ImageDataset dataset = open(turbo, Storage.JPEG, true)) {
      int i = 3;
      assertEquals("progressive_420_50x33.jpg", dataset.name(i));
      byte[] file = Files.readAllBytes(root.resolve(dataset.name(i)));
      PixelReader reader = dataset.reader();
      for (int n = 0; n < 200; n++) {
        int reduction = 1 << random.nextInt(4);
        int rows = Math.ceilDiv(33, reduction);
        int columns = Math.ceilDiv(50, reduction);
        byte[] whole = new byte[rows * columns * 3];
        turbo.decode(
            MemorySegment.ofArray(file),
            reduction,
            new Box(0, 0, rows, columns),
            MemorySegment.ofArray(whole));
        int height = 1 + random.nextInt(33);
        int width = 1 + random.nextInt(50);
        Box box = new Box(random.nextInt(34 - height), random.nextInt(51 - width), height, width);
        ImagePart part = reader.read(i, box, reduction);
        assertEquals(reduction, part.reduction());
        assertArrayEquals(
            pixels(RgbImage.of(rows, columns, whole), part.box()),
            part.pixels().toArray(ValueLayout.JAVA_BYTE));
        Box located = part.locate(box);
        // Within half a pixel of the smaller image of where it is, unless it is smaller than one.
        double top = (double) box.top() / reduction - part.box().top();
        double bottom = (double) (box.top() + height) / reduction - part.box().top();
        double allowed = height < reduction ? 1 : 0.5;
        assertTrue(Math.abs(located.top() - top) <= allowed, box + " is at " + located);
        assertTrue(Math.abs(located.top() + located.height() - bottom) <= allowed);
        reader.recycle();
      }
      // An image that is stored as pixels stays what it is.
      assertEquals(1, reader.read(dataset.size() - 1, new Box(0, 0, 8, 8), 4).reduction());
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void wrongBoxesAreRefused(JpegDecoder decoder) {
    try (ImageDataset dataset = open(decoder, Storage.JPEG, false)) {
      PixelReader reader = dataset.reader();
      for (Box box : List.of(new Box(1, 0, 45, 31), new Box(0, 31, 1, 1), new Box(0, 0, 1, 32))) {
        var e =
            assertThrows(IllegalArgumentException.class, () -> reader.read(0, box, 1), "" + box);
        assertTrue(e.getMessage().contains("baseline_420_31x45.jpg"), e.getMessage());
      }
      Box box = new Box(0, 0, 1, 1);
      assertThrows(IllegalArgumentException.class, () -> reader.read(0, box, 3));
      assertThrows(IllegalArgumentException.class, () -> reader.read(0, box, 16));
      assertThrows(IndexOutOfBoundsException.class, () -> reader.read(99, box, 1));
      ImagePart part = reader.read(0, new Box(0, 0, 45, 31), 1);
      assertThrows(IllegalArgumentException.class, () -> part.locate(new Box(0, 0, 46, 31)));
    }
    assertThrows(IllegalArgumentException.class, () -> new Box(0, 0, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new Box(-1, 0, 1, 1));
  }

  @Test
  void boxesAreJoined() {
    assertEquals(new Box(1, 2, 9, 8), new Box(1, 4, 2, 6).union(new Box(5, 2, 5, 3)));
    assertEquals(new Box(0, 0, 9, 9), new Box(0, 0, 9, 9).union(new Box(3, 3, 1, 1)));
  }

  @Test
  void aPackOfOneDecoderIsNotUsedByAnother() throws IOException {
    assumeTrue(Jpeg.isAvailable(), "this build has no libsimclr_jpeg.so");
    for (Storage storage : Storage.values()) {
      String imageIo = fingerprint(new ImageIoJpegDecoder(), storage);
      Path pack = newest();
      byte[] made = Files.readAllBytes(pack);
      String turbo = fingerprint(new TurboJpegDecoder(), storage);
      assertNotEquals(imageIo, turbo);
      assertEquals(pack, newest());
      assertTrue(!Arrays.equals(made, Files.readAllBytes(pack)), "it was not built anew");
      assertEquals(turbo, fingerprint(new TurboJpegDecoder(), storage));
      assertEquals(imageIo, fingerprint(new ImageIoJpegDecoder(), storage));
    }
  }

  @Test
  void storagesHavePacksOfTheirOwn() throws IOException {
    JpegDecoder decoder = new ImageIoJpegDecoder();
    assertNotEquals(fingerprint(decoder, Storage.PIXELS), fingerprint(decoder, Storage.JPEG));
    try (Stream<Path> files = Files.list(cache)) {
      assertEquals(2, files.count());
    }
  }

  @Test
  void otherSourcesDoNotDependOnTheDecoder() throws IOException {
    for (String name : List.of("jpg", "jpeg")) {
      try (Stream<Path> files = Files.list(root)) {
        for (Path file : files.filter(f -> f.toString().endsWith(name)).toList()) {
          Files.delete(file);
        }
      }
    }
    String expected = fingerprint(new ImageIoJpegDecoder(), Storage.PIXELS);
    for (JpegDecoder decoder : decoders()) {
      assertEquals(expected, fingerprint(decoder, Storage.JPEG));
    }
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void damagedFilesAreNoticedWhilePacking(JpegDecoder decoder) throws IOException {
    byte[] file = Files.readAllBytes(root.resolve("baseline_420_31x45.jpg"));
    byte[] cut = Arrays.copyOf(file, file.length - 60);
    cut[cut.length - 2] = (byte) 0xFF;
    cut[cut.length - 1] = (byte) 0xD9;
    Files.write(root.resolve("cut.jpg"), cut);
    var e = assertThrows(DataException.class, () -> open(decoder, Storage.JPEG, false));
    assertTrue(e.getMessage().startsWith("bad image " + root.resolve("cut.jpg") + ": corrupt: "));
    try (ImageDataset dataset =
        Datasets.open(
            ImageFolderSource.of(root),
            Split.TRAIN,
            cache,
            BadImagePolicy.SKIP,
            PackOptions.defaults().withStorage(Storage.JPEG),
            decoder,
            Progress.NONE)) {
      assertEquals(JPEGS.size() + 2, dataset.size());
      assertEquals("cut.jpg", dataset.skipped().getFirst().name());
    }
  }

  /** Digests and checksums of the pack are right, and yet the file inside is not sound. */
  @ParameterizedTest
  @MethodSource("decoders")
  void aFileThatCannotBeDecodedIsNamed(JpegDecoder decoder) throws Exception {
    byte[] identity = new Sha256().add("test").finish();
    Path pack = dir.resolve("lying.pack");
    byte[] file = Files.readAllBytes(root.resolve("baseline_420_31x45.jpg"));
    Arrays.fill(file, 2, file.length, (byte) 1);
    dev.simclr.io.AtomicFiles.write(
        pack,
        channel -> {
          PackWriter writer = new PackWriter(channel, List.of());
          writer.add("a.jpg", -1, writer.store(file, 45, 31, identity));
          writer.finish(identity);
        });
    try (ImageDataset dataset = PackedDataset.open(pack, identity, decoder, false)) {
      PixelReader reader = dataset.reader();
      for (var e :
          List.of(
              assertThrows(DataException.class, () -> reader.read(0)),
              assertThrows(DataException.class, () -> dataset.image(0)))) {
        assertTrue(
            e.getMessage().startsWith("cannot decode image a.jpg of pack file " + pack),
            e.getMessage());
      }
    }
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(pack)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(PackHeader.BYTES + 7, (byte) 2);
    Files.write(pack, bytes.array());
    var e =
        assertThrows(
            InvalidPackException.class, () -> PackedDataset.open(pack, identity, decoder, false));
    assertEquals("its image 0 is damaged", e.getMessage());
  }

  private RgbImage expected(String name) throws IOException {
    String stem = name.substring(0, name.lastIndexOf('.'));
    return switch (stem) {
      case "ycck" -> Ppm.read(RgbImageTest.FIXTURES.resolve("jpeg_ycck.ppm"));
      case "z" -> Ppm.read(RgbImageTest.FIXTURES.resolve("png_palette.ppm"));
      default -> Ppm.read(Repository.path("tests/fixtures/jpeg/" + stem + ".ppm"));
    };
  }

  private static byte[] pixels(RgbImage image, Box box) {
    return pixels(image.pixels(), image.width(), box);
  }

  private static byte[] pixels(ImagePart part, Box box) {
    return pixels(part.pixels(), part.box().width(), box);
  }

  private static byte[] pixels(MemorySegment from, int width, Box box) {
    byte[] out = new byte[box.height() * box.width() * 3];
    for (int y = 0; y < box.height(); y++) {
      MemorySegment.copy(
          from,
          ValueLayout.JAVA_BYTE,
          ((box.top() + y) * width + box.left()) * 3L,
          out,
          y * box.width() * 3,
          box.width() * 3);
    }
    return out;
  }

  private Path newest() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files
          .max((a, b) -> Long.compare(a.toFile().lastModified(), b.toFile().lastModified()))
          .orElseThrow();
    }
  }

  private String fingerprint(JpegDecoder decoder, Storage storage) {
    try (ImageDataset dataset = open(decoder, storage, false)) {
      return dataset.fingerprint();
    }
  }

  private ImageDataset open(JpegDecoder decoder, Storage storage, boolean dctScaling) {
    return Datasets.open(
        ImageFolderSource.of(root),
        Split.TRAIN,
        cache,
        BadImagePolicy.FAIL,
        PackOptions.defaults().withStorage(storage).withDctScaling(dctScaling),
        decoder,
        Progress.NONE);
  }
}
