package dev.simclr.data;

/**
 * Where images come from. {@link Datasets#open} packs what a source lists; any source may be
 * written outside this library too.
 */
public interface DataSource {
  /**
   * A short name for messages and the names of cache files: lower-case letters, digits and dashes.
   */
  String id();

  /**
   * Where the images of a split come from: the absolute path of a folder, or the parameters of a
   * generator. Tells this source from others with the same id, and is shown in messages.
   *
   * @throws DataException if there is no such folder
   */
  String location(Split split);

  /** Whether the source has images of the split. Training needs {@link Split#TRAIN} only. */
  boolean has(Split split);

  /**
   * Lists the images of a split without decoding them.
   *
   * @throws DataException naming the file or folder, if it is missing, has no images, or its
   *     structure is wrong. Such problems do not fall under the {@link BadImagePolicy}: once the
   *     structure cannot be trusted, no image of it can.
   */
  ImageList list(Split split);
}
