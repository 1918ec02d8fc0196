package dev.simclr.data;

/**
 * The images of one split of a source, in a fixed order, not yet decoded. All methods may be called
 * from several threads at once. Closed by whoever asked for it.
 */
public interface ImageList extends ImageLabels, AutoCloseable {
  /** What to call an image in a message: the path of its file, where it has one. */
  default String describe(int index) {
    return name(index);
  }

  /**
   * A text that changes whenever the content may have changed: a digest over the names, sizes and
   * modification times of the files.
   */
  String version();

  /**
   * Decodes an image.
   *
   * @throws BadImageException if this one image cannot be used
   * @throws DataException if the source itself has become unusable
   */
  RgbImage read(int index, DecodeLimits limits) throws BadImageException;

  /**
   * Whether every image is a JPEG or PNG file, to be had from {@link #file}. Packs of such lists
   * depend on the decoder, and may hold the files themselves.
   */
  default boolean hasFiles() {
    return false;
  }

  /**
   * The content of the file of an image, if {@link #hasFiles()}.
   *
   * @throws BadImageException if it cannot be read or is longer than the limits allow
   */
  default byte[] file(int index, DecodeLimits limits) throws BadImageException {
    throw new UnsupportedOperationException("the images of this list are no files");
  }

  /** Releases files held open. */
  @Override
  void close();
}
