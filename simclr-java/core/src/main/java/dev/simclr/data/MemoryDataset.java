package dev.simclr.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/** A data set in memory: images that a program made or loaded itself. */
public final class MemoryDataset implements ImageDataset {
  private record Entry(String name, int label, int height, int width, MemorySegment pixels) {}

  private final List<Entry> entries;
  private final List<String> classNames;
  private final String fingerprint;
  private volatile boolean closed;

  private MemoryDataset(List<Entry> entries, List<String> classNames, String fingerprint) {
    this.entries = entries;
    this.classNames = classNames;
    this.fingerprint = fingerprint;
  }

  /**
   * Starts a data set.
   *
   * @param classNames names of the classes by label; empty for images without labels
   */
  public static Builder builder(List<String> classNames) {
    return new Builder(List.copyOf(classNames));
  }

  /** Collects images. Not for use by several threads at once. */
  public static final class Builder {
    private record Added(String name, int label, RgbImage image) {}

    private final List<Added> added = new ArrayList<>();
    private final List<String> classNames;

    private Builder(List<String> classNames) {
      this.classNames = classNames;
    }

    /**
     * Adds an image.
     *
     * @param label its class, or {@link ImageDataset#UNLABELLED}
     * @throws IllegalArgumentException if there is no such class
     */
    public Builder add(String name, int label, RgbImage image) {
      Objects.requireNonNull(name, "name");
      if (label < UNLABELLED || label >= classNames.size()) {
        throw new IllegalArgumentException(
            "label must be -1 or in [0, " + classNames.size() + "), got " + label);
      }
      added.add(new Added(name, label, Objects.requireNonNull(image, "image")));
      return this;
    }

    /**
     * The data set, with a copy of all pixels in native memory.
     *
     * @throws DataException if no image was added
     */
    public MemoryDataset build() {
      if (added.isEmpty()) {
        throw new DataException("the data set in memory has no images");
      }
      Fingerprint fingerprint = new Fingerprint(classNames);
      List<Entry> entries = new ArrayList<>();
      Arena arena = Arena.ofAuto();
      for (Added item : added) {
        RgbImage image = item.image;
        MemorySegment pixels =
            arena.allocate(image.byteSize(), PackHeader.ALIGNMENT).copyFrom(image.pixels());
        entries.add(
            new Entry(item.name, item.label, image.height(), image.width(), pixels.asReadOnly()));
        fingerprint.add(Fingerprint.ofImage(item.name, item.label, image));
      }
      String digest = HexFormat.of().formatHex(fingerprint.finish());
      return new MemoryDataset(List.copyOf(entries), classNames, digest);
    }
  }

  @Override
  public int size() {
    return entries.size();
  }

  @Override
  public int height(int index) {
    return entry(index).height();
  }

  @Override
  public int width(int index) {
    return entry(index).width();
  }

  @Override
  public MemorySegment image(int index) {
    return entry(index).pixels();
  }

  @Override
  public int label(int index) {
    return entry(index).label();
  }

  @Override
  public String name(int index) {
    return entry(index).name();
  }

  @Override
  public boolean labelled() {
    return entries.stream().noneMatch(entry -> entry.label() == UNLABELLED);
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public String fingerprint() {
    return fingerprint;
  }

  @Override
  public void close() {
    closed = true;
  }

  private Entry entry(int index) {
    if (closed) {
      throw new IllegalStateException("the data set in memory is closed");
    }
    return entries.get(index);
  }
}
