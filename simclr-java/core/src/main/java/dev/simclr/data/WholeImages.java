package dev.simclr.data;

import java.lang.foreign.MemorySegment;

/** Reads a data set whose pixels are all in memory or in a mapped file. */
record WholeImages(ImageDataset images) implements PixelReader {
  @Override
  public ImagePart read(int index) {
    MemorySegment pixels = images.image(index);
    return new ImagePart(pixels, new Box(0, 0, images.height(index), images.width(index)), 1);
  }

  @Override
  public ImagePart read(int index, Box box, int reduction) {
    return read(index);
  }

  @Override
  public boolean decodes() {
    return false;
  }

  @Override
  public void recycle() {
    // Nothing was made for the parts.
  }
}
