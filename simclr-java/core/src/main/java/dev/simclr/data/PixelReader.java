package dev.simclr.data;

/**
 * Hands out the pixels of a data set to one thread, decoding them where the data set holds JPEG
 * files; see {@link ImageDataset#reader()}.
 *
 * <p>Parts stay valid until {@link #recycle()}, which lets the reader use their memory again. So a
 * thread that computes one image after the other recycles after each.
 */
public interface PixelReader {
  /** All of image {@code index}. */
  ImagePart read(int index);

  /**
   * At least the box of image {@code index}; more where more is there anyway.
   *
   * @param box of the full image
   * @param reduction 1, 2, 4 or 8: by how much the image may be made smaller where the data set
   *     does that while it decodes; the part tells whether it was
   * @throws DataException naming the image, if it cannot be decoded
   * @throws IllegalArgumentException if the box is not within the image
   */
  ImagePart read(int index, Box box, int reduction);

  /** Whether reading decodes, so that parts are best used and recycled one after the other. */
  boolean decodes();

  /** Ends the use of all parts that were handed out. */
  void recycle();
}
