package dev.simclr.data;

import java.util.List;

/**
 * The content fingerprint of a data set: SHA-256 over its class names and one SHA-256 per image, so
 * that images can be digested by several threads.
 */
final class Fingerprint {
  private final Sha256 total = new Sha256();

  Fingerprint(List<String> classNames) {
    total.add("simclr image data set 1").add(classNames.size());
    classNames.forEach(total::add);
  }

  static byte[] ofImage(String name, int label, RgbImage image) {
    return ofImage(name, label, image.height(), image.width(), image.array()).finish();
  }

  /** The digest of an image that came from a JPEG file, which decoders may read differently. */
  static byte[] ofDecodedImage(String name, int label, RgbImage image, JpegDecoder decoder) {
    return ofImage(name, label, image.height(), image.width(), image.array())
        .add("pixels of " + decoder.id())
        .finish();
  }

  /** The digest of an image whose JPEG file is decoded when it is used. */
  static byte[] ofFile(
      String name, int label, int height, int width, byte[] file, JpegDecoder decoder) {
    return ofImage(name, label, height, width, file).add("file for " + decoder.id()).finish();
  }

  private static Sha256 ofImage(String name, int label, int height, int width, byte[] content) {
    return new Sha256().add(name).add(label).add(height).add(width).add(content);
  }

  void add(byte[] imageDigest) {
    total.add(imageDigest);
  }

  byte[] finish() {
    return total.finish();
  }
}
