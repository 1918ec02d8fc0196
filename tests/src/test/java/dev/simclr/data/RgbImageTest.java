package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RgbImageTest {
  static final Path FIXTURES = Path.of("fixtures", "data");

  static List<Path> encodedFixtures() throws IOException {
    try (Stream<Path> files = Files.list(FIXTURES)) {
      return files.filter(file -> file.toString().matches(".*\\.(jpg|png)")).sorted().toList();
    }
  }

  @Test
  void fixturesAreThere() throws IOException {
    assertEquals(24, encodedFixtures().size());
  }

  // Pillow's pixels, exactly: all use libjpeg's integer transforms and its upsampling.
  @ParameterizedTest
  @MethodSource("encodedFixtures")
  void readsWhatPillowReads(Path file) throws Exception {
    RgbImage expected = Ppm.read(Path.of(file.toString().replaceAll("\\.(jpg|png)$", ".ppm")));
    assertSamePixels(expected, RgbImage.read(file), 0);
    for (JpegDecoder decoder : JpegDecodersTest.decoders()) {
      byte[] bytes = Files.readAllBytes(file);
      assertSamePixels(expected, ImageDecoder.decode(bytes, DecodeLimits.defaults(), decoder), 0);
    }
  }

  @Test
  void readsTheContentWhateverTheNameSays(@TempDir Path dir) throws IOException {
    Path misnamed = dir.resolve("picture.jpg");
    Files.copy(FIXTURES.resolve("png_rgb.png"), misnamed);
    assertSamePixels(Ppm.read(FIXTURES.resolve("png_rgb.ppm")), RgbImage.read(misnamed), 0);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_INT_RGB,
        BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_INT_ARGB_PRE,
        BufferedImage.TYPE_INT_BGR,
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_4BYTE_ABGR,
        BufferedImage.TYPE_4BYTE_ABGR_PRE
      })
  void copiesColourImagesOfTheJdk(int type) {
    BufferedImage image = new BufferedImage(3, 2, type);
    image.setRGB(2, 1, new Color(10, 100, 200).getRGB());
    byte[] expected = new byte[18];
    expected[15] = 10;
    expected[16] = 100;
    expected[17] = (byte) 200;
    assertSamePixels(RgbImage.of(2, 3, expected), RgbImage.of(image), 0);
  }

  @Test
  void copiesAPartOfAnImage() {
    BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_3BYTE_BGR);
    image.setRGB(2, 3, new Color(1, 2, 3).getRGB());
    RgbImage part = RgbImage.of(image.getSubimage(2, 2, 2, 2));
    byte[] expected = new byte[12];
    expected[6] = 1;
    expected[7] = 2;
    expected[8] = 3;
    assertSamePixels(RgbImage.of(2, 2, expected), part, 0);
  }

  @Test
  void grayIsReplicatedUnchanged() {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setSample(0, 0, 0, 77);
    assertSamePixels(RgbImage.of(1, 1, new byte[] {77, 77, 77}), RgbImage.of(image), 0);
  }

  @Test
  void sixteenBitGrayKeepsItsHighByte() {
    BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_GRAY);
    image.getRaster().setSample(0, 0, 0, 0x4DFE);
    assertSamePixels(RgbImage.of(1, 1, new byte[] {0x4D, 0x4D, 0x4D}), RgbImage.of(image), 0);
  }

  @Test
  void isImmutable() {
    byte[] pixels = {1, 2, 3};
    RgbImage image = RgbImage.of(1, 1, pixels);
    pixels[0] = 9;
    assertEquals(1, image.pixels().get(ValueLayout.JAVA_BYTE, 0));
    assertTrue(image.pixels().isReadOnly());
  }

  @Test
  void refusesSizesThatDoNotFit() {
    var e = assertThrows(IllegalArgumentException.class, () -> RgbImage.of(2, 2, new byte[11]));
    assertEquals("pixels must have height * width * 3 = 12 bytes, got 11", e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> RgbImage.of(0, 2, new byte[0]));
    assertThrows(IllegalArgumentException.class, () -> RgbImage.of(65_500, 65_500, new byte[0]));
  }

  @Test
  void namesTheFileThatCannotBeRead(@TempDir Path dir) throws IOException {
    Path missing = dir.resolve("none.png");
    assertEquals(
        "cannot read image " + missing + ": no such file",
        assertThrows(DataException.class, () -> RgbImage.read(missing)).getMessage());
    Path text = Files.writeString(dir.resolve("text.png"), "no image");
    assertEquals(
        "cannot read image " + text + ": it is neither a JPEG nor a PNG file",
        assertThrows(DataException.class, () -> RgbImage.read(text)).getMessage());
    assertEquals(
        "cannot read image " + dir + ": it is not a regular file",
        assertThrows(DataException.class, () -> RgbImage.read(dir)).getMessage());
  }

  @Test
  void limitsAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> new DecodeLimits(0, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new DecodeLimits(65_501, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new DecodeLimits(1, 1L << 40, 1));
    assertThrows(IllegalArgumentException.class, () -> new DecodeLimits(1, 1, -1));
  }

  static void assertSamePixels(RgbImage expected, RgbImage actual, int tolerance) {
    assertEquals(expected.height(), actual.height(), "height");
    assertEquals(expected.width(), actual.width(), "width");
    byte[] want = expected.array();
    byte[] got = actual.array();
    int worst = 0;
    for (int i = 0; i < want.length; i++) {
      if (difference(want, got, i) > difference(want, got, worst)) {
        worst = i;
      }
    }
    int at = worst;
    assertTrue(
        difference(want, got, worst) <= tolerance,
        () ->
            "worst at row %d column %d channel %d: expected %d, got %d"
                .formatted(
                    at / 3 / expected.width(),
                    at / 3 % expected.width(),
                    at % 3,
                    want[at] & 0xFF,
                    got[at] & 0xFF));
  }

  private static int difference(byte[] a, byte[] b, int i) {
    return Math.abs((a[i] & 0xFF) - (b[i] & 0xFF));
  }
}
