package dev.simclr.cli;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** PNG files. */
final class Png {
  private Png() {}

  /** Returns a picture as a PNG file. */
  static byte[] encode(BufferedImage picture) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(picture, "png", bytes)) {
        throw new IllegalStateException("this Java has no PNG writer");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("PNG in memory", e);
    }
    return bytes.toByteArray();
  }
}
