package dev.simclr.data;

/**
 * Turns JPEG files whose structure has been checked into pixels; any number of threads may use one.
 * Kinds of images are treated alike, see {@link RgbImage}. Of the samplings that cameras use,
 * pixels are known to differ for 4:4:0 only, chroma of all columns and half the rows: libjpeg-turbo
 * interpolates it, the JDK's libjpeg repeats it. Which damage is noticed may differ too.
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
