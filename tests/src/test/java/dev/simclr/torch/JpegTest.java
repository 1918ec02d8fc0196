package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.simclr.testing.Repository;
import dev.simclr.torch.JpegException.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against Pillow's pixels; the C test has more kinds of files and the damaged ones. */
class JpegTest {
  private static final Path FIXTURES = Repository.path("tests/fixtures/jpeg");

  @BeforeAll
  static void theLibraryIsThereWhereItsHeadersAre() {
    boolean built =
        JpegTest.class.getResource("/dev/simclr/torch/native/linux-x86_64/libsimclr_jpeg.so")
            != null;
    assertEquals(built, Jpeg.isAvailable(), Jpeg.unavailableReason());
    assumeTrue(built, "this build has no libsimclr_jpeg.so");
  }

  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(FIXTURES)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".jpg"))
          .map(name -> name.substring(0, name.length() - 4))
          .sorted()
          .toList();
    }
  }

  @Test
  void allKindsAndSizesAreThere() throws IOException {
    assertEquals(62, names().size());
  }

  @Test
  void theVersionIsTold() {
    assertTrue(Jpeg.version().orElseThrow().matches("libjpeg-turbo \\d+\\.\\d+.*"));
    assertEquals("", Jpeg.unavailableReason());
    assertTrue(Jpeg.loadTrace().contains("libsimclr_jpeg.so"), Jpeg.loadTrace());
  }

  @ParameterizedTest
  @MethodSource("names")
  void pixelsArePillows(String name) throws IOException, JpegException {
    Picture expected = Picture.of(name);
    byte[] pixels = new byte[expected.pixels.length];
    Jpeg.decode(
        file(name), 1, 0, 0, expected.height, expected.width, MemorySegment.ofArray(pixels));
    assertArrayEquals(expected.pixels, pixels);
  }

  @ParameterizedTest
  @MethodSource("names")
  void boxesArePartsOfThem(String name) throws IOException, JpegException {
    Picture whole = Picture.of(name);
    Random random = new Random(name.hashCode());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = file(name);
      MemorySegment file = arena.allocate(bytes.byteSize()).copyFrom(bytes);
      for (int i = 0; i < 40; i++) {
        int height = 1 + random.nextInt(whole.height);
        int width = 1 + random.nextInt(whole.width);
        int top = random.nextInt(whole.height - height + 1);
        int left = random.nextInt(whole.width - width + 1);
        MemorySegment out = arena.allocate(height * width * 3L);
        Jpeg.decode(file, 1, top, left, height, width, out);
        assertArrayEquals(
            whole.box(top, left, height, width), out.toArray(ValueLayout.JAVA_BYTE), name);
      }
    }
  }

  /** A reduced picture is about the mean of what it stands for. */
  @Test
  void reducedPicturesAreSmallerPictures() throws IOException, JpegException {
    Picture whole = Picture.of("baseline_444_50x33");
    for (int d : new int[] {2, 4, 8}) {
      int height = Math.ceilDiv(whole.height, d);
      int width = Math.ceilDiv(whole.width, d);
      byte[] small = new byte[height * width * 3];
      Jpeg.decode(file("baseline_444_50x33"), d, 0, 0, height, width, MemorySegment.ofArray(small));
      double difference = 0;
      int count = 0;
      for (int y = 0; y < whole.height / d; y++) {
        for (int x = 0; x < whole.width / d; x++) {
          for (int c = 0; c < 3; c++) {
            double mean = 0;
            for (int i = 0; i < d * d; i++) {
              mean += whole.at(y * d + i / d, x * d + i % d, c) / (double) (d * d);
            }
            difference += Math.abs(mean - (small[(y * width + x) * 3 + c] & 0xFF));
            count++;
          }
        }
      }
      assertTrue(difference / count < 6, d + ": mean difference " + difference / count);
    }
  }

  @Test
  void headersAreRead() throws IOException, JpegException {
    assertEquals(
        new Jpeg.Header(50, 33, Jpeg.Color.YCC, true), Jpeg.header(file("progressive_420_50x33")));
    assertEquals(
        new Jpeg.Header(1, 37, Jpeg.Color.GRAY, false), Jpeg.header(file("baseline_gray_1x37")));
    assertEquals(
        new Jpeg.Header(37, 1, Jpeg.Color.CMYK, false), Jpeg.header(file("baseline_cmyk_37x1")));
  }

  @Test
  void anyThreadMayCall() throws Exception {
    Picture expected = Picture.of("baseline_420_50x33");
    FutureTask<byte[]> task =
        new FutureTask<>(() -> {
          byte[] pixels = new byte[expected.pixels.length];
          Jpeg.decode(file("baseline_420_50x33"), 1, 0, 0, 33, 50, MemorySegment.ofArray(pixels));
          return pixels;
        });
    Thread.ofVirtual().start(task);
    assertArrayEquals(expected.pixels, task.get());
  }

  @Test
  void wrongArgumentsAreNamed() throws IOException {
    MemorySegment file = file("baseline_420_50x33");
    MemorySegment out = MemorySegment.ofArray(new byte[33 * 50 * 3]);
    assertEquals(
        "the box of 50x33 pixels at row 1, column 0 is not within the 50x33 pixels of the image",
        refused(() -> Jpeg.decode(file, 1, 1, 0, 33, 50, out)));
    assertEquals(
        "denominator is 3; allowed: 1, 2, 4 and 8",
        refused(() -> Jpeg.decode(file, 3, 0, 0, 33, 50, out)));
    assertEquals(
        "out has 4950 bytes; allowed: writable ones for 33 x 51 pixels of 3 bytes, at least one",
        refused(() -> Jpeg.decode(file, 1, 0, 0, 33, 51, out)));
    assertTrue(
        refused(() -> Jpeg.decode(file, 1, 0, 0, 33, 50, out.asReadOnly())).contains("read-only"));
    assertTrue(refused(() -> Jpeg.decode(file, 1, 0, 0, -33, -50, out)).contains("at least one"));
    assertTrue(
        refused(() -> Jpeg.decode(file, 1, 0, 0, 0, 5, MemorySegment.ofArray(new byte[0])))
            .contains("at least one"));
  }

  @Test
  void damageIsTyped() throws IOException {
    byte[] bytes = file("baseline_420_50x33").toArray(ValueLayout.JAVA_BYTE);
    assertEquals(Kind.TRUNCATED, kind(new byte[0]));
    assertEquals(Kind.TRUNCATED, kind(Arrays.copyOf(bytes, bytes.length / 2)));
    assertEquals(Kind.CORRUPT, kind("no JPEG file".getBytes(StandardCharsets.US_ASCII)));
    byte[] gap = Arrays.copyOf(bytes, bytes.length - 100);
    gap[gap.length - 2] = (byte) 0xFF;
    gap[gap.length - 1] = (byte) 0xD9;
    assertEquals(Kind.CORRUPT, kind(gap));
    byte[] arithmetic = bytes.clone();
    int frame = 0;
    while ((arithmetic[frame] & 0xFF) != 0xFF || (arithmetic[frame + 1] & 0xFF) != 0xC0) {
      frame++;
    }
    arithmetic[frame + 1] = (byte) 0xC9;
    assertEquals(Kind.UNSUPPORTED, kind(arithmetic));
  }

  private static Kind kind(byte[] file) {
    MemorySegment out = MemorySegment.ofArray(new byte[33 * 50 * 3]);
    JpegException e =
        assertThrows(
            JpegException.class,
            () -> Jpeg.decode(MemorySegment.ofArray(file), 1, 0, 0, 33, 50, out));
    assertTrue(!e.getMessage().isBlank() && !e.getMessage().contains("\n"), e.getMessage());
    return e.kind();
  }

  private interface Call {
    void run() throws JpegException;
  }

  private static String refused(Call call) {
    return assertThrows(IllegalArgumentException.class, call::run).getMessage();
  }

  private static MemorySegment file(String name) throws IOException {
    return MemorySegment.ofArray(Files.readAllBytes(FIXTURES.resolve(name + ".jpg")));
  }

  private record Picture(int height, int width, byte[] pixels) {
    /** Reads NAME.ppm: three lines of text, then the pixels. */
    static Picture of(String name) throws IOException {
      byte[] file = Files.readAllBytes(FIXTURES.resolve(name + ".ppm"));
      String[] size =
          new String(file, 0, Math.min(file.length, 30), StandardCharsets.ISO_8859_1)
              .split("\n", 3)[1].split(" ");
      int width = Integer.parseInt(size[0]);
      int height = Integer.parseInt(size[1]);
      int bytes = height * width * 3;
      return new Picture(height, width, Arrays.copyOfRange(file, file.length - bytes, file.length));
    }

    int at(int y, int x, int c) {
      return pixels[(y * width + x) * 3 + c] & 0xFF;
    }

    byte[] box(int top, int left, int rows, int columns) {
      byte[] out = new byte[rows * columns * 3];
      for (int y = 0; y < rows; y++) {
        System.arraycopy(pixels, ((top + y) * width + left) * 3, out, y * columns * 3, columns * 3);
      }
      return out;
    }
  }
}
