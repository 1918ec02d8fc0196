package dev.simclr.data;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Some images of a data set, with its classes. Closing it does not close that data set, which must
 * stay open as long as this is used.
 */
public final class SubsetDataset implements ImageDataset {
  private final ImageDataset all;
  private final int[] indices;
  private final boolean labelled;

  private SubsetDataset(ImageDataset all, int[] indices) {
    this.all = all;
    this.indices = indices;
    this.labelled = Arrays.stream(indices).noneMatch(i -> all.label(i) == UNLABELLED);
  }

  /**
   * Chooses images.
   *
   * @param all the data set
   * @param indices of its images, each at most once, at least one
   * @throws DataException if no image is chosen
   * @throws IllegalArgumentException if an index is out of range or occurs twice
   */
  public static SubsetDataset of(ImageDataset all, int[] indices) {
    Objects.requireNonNull(all, "all");
    if (indices.length == 0) {
      throw new DataException("none of the " + all.size() + " images is chosen");
    }
    boolean[] seen = new boolean[all.size()];
    for (int index : indices) {
      if (index < 0 || index >= all.size() || seen[index]) {
        throw new IllegalArgumentException(
            "index " + index + "; allowed: 0 to " + (all.size() - 1) + ", each at most once");
      }
      seen[index] = true;
    }
    return new SubsetDataset(all, indices.clone());
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public int height(int index) {
    return all.height(indices[index]);
  }

  @Override
  public int width(int index) {
    return all.width(indices[index]);
  }

  @Override
  public MemorySegment image(int index) {
    return all.image(indices[index]);
  }

  @Override
  public PixelReader reader() {
    PixelReader reader = all.reader();
    return new PixelReader() {
      @Override
      public ImagePart read(int index) {
        return reader.read(indices[index]);
      }

      @Override
      public ImagePart read(int index, Box box, int reduction) {
        return reader.read(indices[index], box, reduction);
      }

      @Override
      public boolean decodes() {
        return reader.decodes();
      }

      @Override
      public void recycle() {
        reader.recycle();
      }
    };
  }

  @Override
  public int label(int index) {
    return all.label(indices[index]);
  }

  @Override
  public boolean labelled() {
    return labelled;
  }

  @Override
  public List<String> classNames() {
    return all.classNames();
  }

  @Override
  public String name(int index) {
    return all.name(indices[index]);
  }

  /** SHA-256 over the fingerprint of the whole data set and the indices. */
  @Override
  public String fingerprint() {
    Sha256 digest = new Sha256().add("simclr subset 1").add(all.fingerprint()).add(indices.length);
    Arrays.stream(indices).forEach(digest::add);
    return java.util.HexFormat.of().formatHex(digest.finish());
  }

  @Override
  public List<BadImage> skipped() {
    return all.skipped();
  }

  /** Does nothing: the images belong to the whole data set. */
  @Override
  public void close() {}
}
