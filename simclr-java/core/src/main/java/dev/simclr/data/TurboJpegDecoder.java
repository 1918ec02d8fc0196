package dev.simclr.data;

import dev.simclr.torch.Jpeg;
import dev.simclr.torch.JpegException;
import java.lang.foreign.MemorySegment;

/** libjpeg-turbo, where its library can be loaded; also decodes parts of images. */
record TurboJpegDecoder() implements JpegDecoder {
  static final String ID = "libjpeg-turbo";

  @Override
  public String id() {
    return ID;
  }

  @Override
  public String describe() {
    return Jpeg.version().orElseThrow();
  }

  @Override
  public RgbImage decode(JpegFile file) throws BadImageException {
    // JpegFile has checked that they fit in an array.
    int height = (int) file.height();
    int width = (int) file.width();
    byte[] pixels = new byte[Math.multiplyExact(height * RgbImage.CHANNELS, width)];
    decode(
        MemorySegment.ofArray(file.standard()),
        1,
        new Box(0, 0, height, width),
        MemorySegment.ofArray(pixels));
    return new RgbImage(height, width, pixels);
  }

  /** Decodes a box of an image made smaller by {@code reduction}, 1, 2, 4 or 8. */
  void decode(MemorySegment file, int reduction, Box box, MemorySegment out)
      throws BadImageException {
    try {
      Jpeg.decode(file, reduction, box.top(), box.left(), box.height(), box.width(), out);
    } catch (JpegException e) {
      String prefix =
          switch (e.kind()) {
            case CORRUPT -> "corrupt: ";
            case TRUNCATED -> "truncated: ";
            case UNSUPPORTED -> "";
          };
      throw new BadImageException(prefix + e.getMessage(), e);
    }
  }
}
