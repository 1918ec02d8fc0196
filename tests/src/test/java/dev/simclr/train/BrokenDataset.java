package dev.simclr.train;

import dev.simclr.data.ImageDataset;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A data set with one image that cannot be read. */
record BrokenDataset(ImageDataset images, int broken) implements ImageDataset {
  @Override
  public int size() {
    return images.size();
  }

  @Override
  public int height(int index) {
    return images.height(index);
  }

  @Override
  public int width(int index) {
    return images.width(index);
  }

  @Override
  public MemorySegment image(int index) {
    if (index == broken) {
      throw new IllegalStateException("planted");
    }
    return images.image(index);
  }

  @Override
  public int label(int index) {
    return images.label(index);
  }

  @Override
  public boolean labelled() {
    return images.labelled();
  }

  @Override
  public List<String> classNames() {
    return images.classNames();
  }

  @Override
  public String name(int index) {
    return images.name(index);
  }

  @Override
  public String fingerprint() {
    return images.fingerprint();
  }

  @Override
  public void close() {}
}
