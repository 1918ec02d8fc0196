package dev.simclr.data;

import java.lang.foreign.MemorySegment;

/** Reads a pack that holds JPEG files, decoding into memory of its own. Belongs to one thread. */
final class PackedReader implements PixelReader {
  private final PackedDataset images;
  private final PixelSlab slab = new PixelSlab();

  PackedReader(PackedDataset images) {
    this.images = images;
  }

  @Override
  public ImagePart read(int index) {
    return read(index, new Box(0, 0, images.height(index), images.width(index)), 1);
  }

  @Override
  public ImagePart read(int index, Box box, int reduction) {
    int height = images.height(index);
    int width = images.width(index);
    if (box.height() > height - box.top() || box.width() > width - box.left()) {
      throw new IllegalArgumentException(
          box
              + " is not within the %d x %d pixels of ".formatted(height, width)
              + images.name(index));
    }
    if (Integer.bitCount(reduction) != 1 || reduction < 1 || reduction > 8) {
      throw new IllegalArgumentException("reduction is " + reduction + "; allowed: 1, 2, 4 and 8");
    }
    if (!images.encoded(index)) {
      return new ImagePart(images.image(index), new Box(0, 0, height, width), 1);
    }
    if (!(images.decoder() instanceof TurboJpegDecoder turbo)) {
      RgbImage whole = images.decode(index);
      MemorySegment pixels = slab.take(whole.byteSize()).copyFrom(whole.pixels());
      return new ImagePart(pixels, new Box(0, 0, height, width), 1);
    }
    int applied = images.dctScaling() ? reduction : 1;
    Box wanted = reduced(box, applied);
    MemorySegment pixels = slab.take((long) wanted.height() * wanted.width() * RgbImage.CHANNELS);
    try {
      turbo.decode(images.stored(index), applied, wanted, pixels);
    } catch (BadImageException e) {
      throw images.undecodable(index, e);
    }
    return new ImagePart(pixels, wanted, applied);
  }

  /** The pixels of the smaller image that the box touches. */
  private static Box reduced(Box box, int reduction) {
    int top = box.top() / reduction;
    int left = box.left() / reduction;
    return new Box(
        top,
        left,
        Math.ceilDiv(box.top() + box.height(), reduction) - top,
        Math.ceilDiv(box.left() + box.width(), reduction) - left);
  }

  @Override
  public boolean decodes() {
    return true;
  }

  @Override
  public void recycle() {
    slab.recycle();
  }
}
