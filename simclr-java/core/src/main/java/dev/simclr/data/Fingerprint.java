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
    return new Sha256()
        .add(name)
        .add(label)
        .add(image.height())
        .add(image.width())
        .add(image.array())
        .finish();
  }

  void add(byte[] imageDigest) {
    total.add(imageDigest);
  }

  byte[] finish() {
    return total.finish();
  }
}
