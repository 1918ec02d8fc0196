package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damaged and lying files: a bad image or a picture, never another exception, never much memory.
 */
@ParameterizedClass
@MethodSource("dev.simclr.data.JpegDecodersTest#decoders")
class HostileImageTest {
  private static final DecodeLimits LIMITS = DecodeLimits.defaults();
  private static final int MUTANTS = 400;

  @Parameter private JpegDecoder decoder;

  @ParameterizedTest
  @ValueSource(strings = {"jpeg_420.jpg", "jpeg_progressive.jpg", "jpeg_cmyk.jpg", "png_rgb.png"})
  void everyTruncationIsNoticed(String name) throws IOException {
    byte[] file = fixture(name);
    for (int length = 0; length < file.length; length++) {
      byte[] cut = Arrays.copyOf(file, length);
      assertThrows(BadImageException.class, () -> decode(cut), name + length);
    }
  }

  // The end mark is there, but pixels are missing: libjpeg only warns and paints gray.
  @ParameterizedTest
  @ValueSource(strings = {"jpeg_420.jpg", "jpeg_gray.jpg", "jpeg_444.jpg"})
  void missingPixelsBeforeTheEndMarkAreNoticed(String name) throws IOException {
    byte[] file = fixture(name);
    byte[] cut = Arrays.copyOf(file, file.length - 40);
    cut[cut.length - 2] = (byte) 0xFF;
    cut[cut.length - 1] = (byte) 0xD9;
    var e = assertThrows(BadImageException.class, () -> decode(cut));
    assertTrue(e.getMessage().startsWith("corrupt: "), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jpeg_420.jpg",
        "jpeg_progressive.jpg",
        "jpeg_cmyk.jpg",
        "jpeg_rgb.jpg",
        "jpeg_profile.jpg",
        "png_rgb.png",
        "png_palette.png",
        "png_interlaced.png"
      })
  void mutantsAreBadImagesOrPictures(String name) throws IOException {
    byte[] file = fixture(name);
    Random random = new Random(name.hashCode());
    int bad = 0;
    for (int i = 0; i < MUTANTS; i++) {
      byte[] mutant = mutate(file, random);
      if (i % 2 == 0 && PngFile.matches(mutant)) {
        // Otherwise the checksums would keep all damage from the decoder.
        repairChecksums(mutant);
      }
      try {
        RgbImage image = decode(mutant);
        assertTrue(image.height() >= 1 && image.width() >= 1);
      } catch (BadImageException e) {
        assertTrue(!e.getMessage().isBlank() && !e.getMessage().contains("\n"), e.getMessage());
        bad++;
      }
    }
    assertTrue(bad > MUTANTS / 10, "only " + bad + " of " + MUTANTS + " mutants were refused");
  }

  @Test
  void aDamagedPngChunkIsNoticed() throws IOException {
    byte[] file = fixture("png_rgb.png");
    file[60] ^= 1;
    var e = assertThrows(BadImageException.class, () -> decode(file));
    assertEquals("corrupt: the checksum of chunk IDAT does not match", e.getMessage());
  }

  @Test
  void aJpegThatPromisesTooMuchIsRefusedByItsHeader() throws IOException {
    byte[] file = fixture("jpeg_420.jpg");
    assertEquals(
        "its header says 65535x65535 pixels, a side may have 65500",
        reason(withJpegSize(file, 65_535, 65_535)));
    assertEquals(
        "its header says 60000x60000 pixels, allowed are 89478485",
        reason(withJpegSize(file, 60_000, 60_000)));
    assertTrue(reason(withJpegSize(file, 9_000, 9_000)).contains("too many for"));
    assertEquals("its header says 27x0 pixels", reason(withJpegSize(file, 27, 0)));
  }

  @Test
  void aJpegThatPromisesALittleTooMuchIsRefusedByItsPixels() throws IOException {
    assertTrue(reason(withJpegSize(fixture("jpeg_420.jpg"), 27, 60)).startsWith("corrupt: "));
  }

  @Test
  void aPngThatPromisesTooMuchIsRefusedByItsHeader() throws IOException {
    byte[] file = fixture("png_rgb.png");
    assertEquals(
        "its header says 2147483647x2147483647 pixels, a side may have 65500",
        reason(withPngSize(file, Integer.MAX_VALUE, Integer.MAX_VALUE)));
    assertEquals(
        "its header says 4294967295x1 pixels, a side may have 65500",
        reason(withPngSize(file, -1, 1)));
    assertTrue(reason(withPngSize(file, 9_000, 9_000)).contains("too many for"));
    assertEquals("its header says 0x19 pixels", reason(withPngSize(file, 0, 19)));
  }

  @Test
  void aPngThatPromisesALittleTooMuchIsRefusedByItsPixels() throws IOException {
    assertTrue(reason(withPngSize(fixture("png_rgb.png"), 27, 100)).startsWith("corrupt: "));
  }

  @Test
  void limitsOfTheCallerCount() throws IOException {
    byte[] file = fixture("png_rgb.png");
    DecodeLimits pixels = new DecodeLimits(100, 512, 1000);
    assertThrows(BadImageException.class, () -> decode(file, pixels));
    DecodeLimits side = new DecodeLimits(26, 1000, 1000);
    assertThrows(BadImageException.class, () -> decode(file, side));
    DecodeLimits bytes = new DecodeLimits(100, 1000, 100);
    assertThrows(
        BadImageException.class,
        () -> RgbImage.readFile(RgbImageTest.FIXTURES.resolve("png_rgb.png"), bytes));
  }

  @Test
  void endlessScansAreRefused() throws IOException {
    byte[] file = fixture("jpeg_progressive.jpg");
    int scan = indexOf(file, 0xFF, 0xDA);
    int end = indexOf(Arrays.copyOfRange(file, scan + 2, file.length), 0xFF, 0xC4) + scan + 2;
    int length = end - scan;
    ByteBuffer out = ByteBuffer.allocate(file.length + 200 * length);
    out.put(file, 0, end);
    for (int i = 0; i < 200; i++) {
      out.put(file, scan, length);
    }
    out.put(file, end, file.length - end);
    assertEquals("it has more than 100 scans", reason(out.array()));
  }

  @Test
  void unsupportedKindsAreNamed() throws IOException {
    byte[] lossless = fixture("jpeg_420.jpg");
    lossless[indexOf(lossless, 0xFF, 0xC0) + 1] = (byte) 0xC3;
    assertEquals("lossless, hierarchical or arithmetic-coded JPEG", reason(lossless));
    byte[] deep = fixture("jpeg_420.jpg");
    deep[indexOf(deep, 0xFF, 0xC0) + 4] = 12;
    assertEquals("it has 12-bit samples, only 8-bit JPEG is read", reason(deep));
    assertEquals("it is neither a JPEG nor a PNG file", reason("GIF89a".getBytes()));
    assertEquals("it is empty", reason(new byte[0]));
  }

  private RgbImage decode(byte[] file) throws BadImageException {
    return decode(file, LIMITS);
  }

  private RgbImage decode(byte[] file, DecodeLimits limits) throws BadImageException {
    return ImageDecoder.decode(file, limits, decoder);
  }

  private String reason(byte[] file) {
    return assertThrows(BadImageException.class, () -> decode(file)).getMessage();
  }

  private static byte[] fixture(String name) throws IOException {
    return Files.readAllBytes(RgbImageTest.FIXTURES.resolve(name));
  }

  private static byte[] mutate(byte[] file, Random random) {
    byte[] out = file.clone();
    switch (random.nextInt(4)) {
      case 0 -> out[random.nextInt(out.length)] ^= (byte) (1 << random.nextInt(8));
      case 1 -> {
        for (int i = 0; i < 8; i++) {
          out[random.nextInt(out.length)] = (byte) random.nextInt(256);
        }
      }
      case 2 -> {
        int from = random.nextInt(out.length);
        Arrays.fill(out, from, Math.min(out.length, from + 16), (byte) -random.nextInt(2));
      }
      default -> {
        int cut = random.nextInt(out.length);
        int to = cut + random.nextInt(out.length - cut);
        ByteBuffer joined = ByteBuffer.allocate(out.length - (to - cut));
        joined.put(out, 0, cut).put(out, to, out.length - to);
        out = joined.array();
      }
    }
    return out;
  }

  private static void repairChecksums(byte[] png) {
    ByteBuffer file = ByteBuffer.wrap(png);
    int at = 8;
    while (at + 12 <= png.length) {
      int length = file.getInt(at);
      if (length < 0 || length > png.length - at - 12) {
        return;
      }
      CRC32 crc = new CRC32();
      crc.update(png, at + 4, length + 4);
      file.putInt(at + 8 + length, (int) crc.getValue());
      at += 12 + length;
    }
  }

  private static byte[] withJpegSize(byte[] file, int width, int height) {
    byte[] out = file.clone();
    int frame = indexOf(out, 0xFF, 0xC0);
    ByteBuffer.wrap(out).putShort(frame + 5, (short) height).putShort(frame + 7, (short) width);
    return out;
  }

  private static byte[] withPngSize(byte[] file, int width, int height) {
    byte[] out = file.clone();
    ByteBuffer.wrap(out).putInt(16, width).putInt(20, height);
    repairChecksums(out);
    return out;
  }

  private static int indexOf(byte[] bytes, int first, int second) {
    for (int i = 0; i + 1 < bytes.length; i++) {
      if ((bytes[i] & 0xFF) == first && (bytes[i + 1] & 0xFF) == second) {
        return i;
      }
    }
    throw new AssertionError("marker not found");
  }
}
