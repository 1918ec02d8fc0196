package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.testing.Repository;
import dev.simclr.torch.Jpeg;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Both decoders read the same; tests of damage are in {@link HostileImageTest}. */
class JpegDecodersTest {
  private static final Path FIXTURES = Repository.path("tests/fixtures/jpeg");

  /** Those of this build: ImageIO, and libjpeg-turbo where its library is. */
  static List<JpegDecoder> decoders() {
    List<JpegDecoder> decoders = new ArrayList<>(List.of(new ImageIoJpegDecoder()));
    if (Jpeg.isAvailable()) {
      decoders.add(new TurboJpegDecoder());
    }
    return decoders;
  }

  static List<Arguments> decodersAndFiles() throws IOException {
    List<Arguments> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(FIXTURES)) {
      files
          .filter(file -> file.toString().endsWith(".jpg"))
          .sorted()
          .forEach(file -> decoders().forEach(d -> all.add(Arguments.of(d, file))));
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("decodersAndFiles")
  void readsWhatPillowReads(JpegDecoder decoder, Path file) throws Exception {
    RgbImage expected = Ppm.read(Path.of(file.toString().replaceAll("\\.jpg$", ".ppm")));
    RgbImage actual =
        ImageDecoder.decode(Files.readAllBytes(file), DecodeLimits.defaults(), decoder);
    // The JDK repeats chroma of half the rows where libjpeg-turbo interpolates it.
    boolean repeats = file.toString().contains("_440_") && decoder instanceof ImageIoJpegDecoder;
    if (repeats) {
      assertThrows(AssertionError.class, () -> RgbImageTest.assertSamePixels(expected, actual, 10));
    }
    RgbImageTest.assertSamePixels(expected, actual, repeats ? 255 : 0);
  }

  @Test
  void aFileInStandardFormIsReadAlike() throws Exception {
    for (String name : List.of("jpeg_420", "jpeg_rgb", "jpeg_bare", "jpeg_cmyk", "jpeg_ycck")) {
      byte[] file = Files.readAllBytes(RgbImageTest.FIXTURES.resolve(name + ".jpg"));
      JpegFile parsed = JpegFile.parse(file, DecodeLimits.defaults());
      JpegFile again = JpegFile.parse(parsed.standard(), DecodeLimits.defaults());
      assertEquals(parsed.coding(), again.coding());
      assertArrayEquals(parsed.standard(), again.standard());
      RgbImage expected = Ppm.read(RgbImageTest.FIXTURES.resolve(name + ".ppm"));
      for (JpegDecoder decoder : decoders()) {
        RgbImageTest.assertSamePixels(expected, ImageDecoder.decode(again, decoder), 0);
      }
    }
  }

  @Test
  void thePropertyDecides() {
    assertInstanceOf(ImageIoJpegDecoder.class, JpegDecoders.choose(Optional.of("imageio")));
    assertEquals(
        "-Dsimclr.jpeg is turbo; allowed: libjpeg-turbo, imageio",
        assertThrows(
                IllegalArgumentException.class, () -> JpegDecoders.choose(Optional.of("turbo")))
            .getMessage());
    if (Jpeg.isAvailable()) {
      assertInstanceOf(TurboJpegDecoder.class, JpegDecoders.choose(Optional.empty()));
      assertInstanceOf(TurboJpegDecoder.class, JpegDecoders.choose(Optional.of("libjpeg-turbo")));
    } else {
      assertInstanceOf(ImageIoJpegDecoder.class, JpegDecoders.choose(Optional.empty()));
      assertThrows(
          IllegalArgumentException.class, () -> JpegDecoders.choose(Optional.of("libjpeg-turbo")));
    }
  }

  @Test
  void theDecoderIsNamed() {
    String name = JpegDecoders.describe();
    assertTrue(
        JpegDecoders.canReduce()
            ? name.startsWith("libjpeg-turbo ")
            : name.startsWith("ImageIO of Java ") && name.contains("; "),
        name);
  }
}
