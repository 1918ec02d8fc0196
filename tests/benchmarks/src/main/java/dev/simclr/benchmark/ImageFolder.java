package dev.simclr.benchmark;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Folders of images that are drawn once and then read by the benchmarks and by their peers. */
public enum ImageFolder {
  /** 12 MB of pixels: more than the caches of a core hold. */
  PNG_32("png-32x32", 32, 32, "png", 4096),
  /** 50 MB of pixels. */
  PNG_256("png-256x256", 256, 256, "png", 256),
  /** Small files, whose headers take their share of the time. */
  JPEG_32("jpeg-32x32-q90", 32, 32, "jpg", 256),
  /** Images of the size that networks take. */
  JPEG_224("jpeg-224x224-q90", 224, 224, "jpg", 64),
  /** Files as photographs on the web are, of about 55 KB each. */
  JPEG_500X375("jpeg-500x375-q90", 375, 500, "jpg", 256);

  /** Quality of the JPEG files, on the scale of libjpeg. */
  public static final int JPEG_QUALITY = 90;

  private final String folder;
  private final int height;
  private final int width;
  private final String format;
  private final int count;

  ImageFolder(String folder, int height, int width, String format, int count) {
    this.folder = folder;
    this.height = height;
    this.width = width;
    this.format = format;
    this.count = count;
  }

  /** Where it is below the folder of all benchmark data. */
  public Path folder(Path data) {
    return data.resolve(folder);
  }

  /** Whether reading an image means decoding a JPEG file. */
  public boolean jpeg() {
    return format.equals("jpg");
  }

  /**
   * Draws what is missing.
   *
   * @param share of the images to draw, above 0 and at most 1
   */
  public void write(Path data, double share) {
    try {
      Path train = Files.createDirectories(folder(data).resolve("train"));
      for (int i = 0; i < Math.max(1, Math.round(share * count)); i++) {
        Path file = train.resolve(String.format(Locale.ROOT, "%05d.%s", i, format));
        if (!Files.exists(file)) {
          write(new Photo(i, height, width).draw(), file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(BufferedImage image, Path file) throws IOException {
    // Renamed when complete, so that an interrupted run leaves no half an image.
    Path part = file.resolveSibling("." + file.getFileName());
    ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
    try (OutputStream out = Files.newOutputStream(part);
        ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
      ImageWriteParam param = writer.getDefaultWriteParam();
      if (jpeg()) {
        param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        param.setCompressionQuality(JPEG_QUALITY / 100f);
      }
      writer.setOutput(stream);
      writer.write(null, new IIOImage(image, null, null), param);
    } finally {
      writer.dispose();
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
