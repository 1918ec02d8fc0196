package dev.simclr.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/** Small images for tests, told apart by a seed. */
final class TestImages {
  private TestImages() {}

  static RgbImage noise(int seed, int height, int width) {
    byte[] pixels = new byte[height * width * 3];
    new Random(seed).nextBytes(pixels);
    return new RgbImage(height, width, pixels);
  }

  static byte[] png(RgbImage image) throws IOException {
    BufferedImage out =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    byte[] pixels = image.array();
    for (int i = 0; i < image.height() * image.width(); i++) {
      int rgb =
          (pixels[3 * i] & 0xFF) << 16 | (pixels[3 * i + 1] & 0xFF) << 8 | pixels[3 * i + 2] & 0xFF;
      out.setRGB(i % image.width(), i / image.width(), rgb);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(out, "png", bytes);
    return bytes.toByteArray();
  }

  /** Writes a PNG file and the folders it lies in. */
  static Path write(Path file, RgbImage image) throws IOException {
    Files.createDirectories(file.getParent());
    return Files.write(file, png(image));
  }

  static byte[] pixels(ImageDataset dataset, int index) {
    return dataset.image(index).toArray(ValueLayout.JAVA_BYTE);
  }
}
