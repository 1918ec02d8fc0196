package dev.simclr.data;

/**
 * Turns JPEG files whose structure has been checked into pixels; any number of threads may use one.
 * Kinds of images and damage are treated alike, see {@link RgbImage}; pixels may differ in the last
 * bit, since libjpeg-turbo interpolates chroma of half the rows, which the JDK's libjpeg repeats.
 */
sealed interface JpegDecoder permits TurboJpegDecoder, ImageIoJpegDecoder {
  /** Its name in fingerprints and settings. */
  String id();

  /** Its name and release for people. */
  String describe();

  /**
   * Decodes a whole file.
   *
   * @throws BadImageException if it is damaged or of a kind that is not read
   */
  RgbImage decode(JpegFile file) throws BadImageException;
}
