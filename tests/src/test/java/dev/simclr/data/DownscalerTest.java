package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DownscalerTest {
  @Test
  void agreesWithPillow() throws IOException {
    RgbImage image = RgbImage.read(RgbImageTest.FIXTURES.resolve("png_rgb.png"));
    RgbImage expected = Ppm.read(RgbImageTest.FIXTURES.resolve("resized_8x11.ppm"));
    // Pillow rounds to 8 bits between its two passes, this does not.
    RgbImageTest.assertSamePixels(expected, Downscaler.resize(image, 8, 11), 1);
  }

  @Test
  void keepsAConstantImage() {
    byte[] pixels = new byte[40 * 61 * 3];
    Arrays.fill(pixels, (byte) 201);
    byte[] small = Downscaler.resize(RgbImage.of(40, 61, pixels), 7, 13).array();
    for (byte value : small) {
      assertEquals(201, value & 0xFF);
    }
  }

  @Test
  void theSameSizeIsTheSameImage() throws IOException {
    RgbImage image = RgbImage.read(RgbImageTest.FIXTURES.resolve("png_rgb.png"));
    RgbImageTest.assertSamePixels(
        image, Downscaler.resize(image, image.height(), image.width()), 0);
  }

  @Test
  void boundsTheShortSideOnly() {
    RgbImage wide = RgbImage.of(20, 50, new byte[3000]);
    assertSame(wide, Downscaler.limitShortSide(wide, 20));
    assertEquals("RgbImage[height=10, width=25]", Downscaler.limitShortSide(wide, 10).toString());
    RgbImage tall = RgbImage.of(50, 20, new byte[3000]);
    assertEquals("RgbImage[height=17, width=7]", Downscaler.limitShortSide(tall, 7).toString());
  }

  @Test
  void refusesToEnlarge() {
    RgbImage image = RgbImage.of(2, 2, new byte[12]);
    assertThrows(IllegalArgumentException.class, () -> Downscaler.resize(image, 3, 2));
  }
}
