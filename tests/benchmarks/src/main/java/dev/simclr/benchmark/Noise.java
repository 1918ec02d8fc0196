package dev.simclr.benchmark;

import dev.simclr.data.ImageDataset;
import dev.simclr.data.ImageGenerator;
import dev.simclr.data.RgbImage;
import java.util.List;
import java.util.Random;

/**
 * Square images of noise.
 *
 * @param size how many
 * @param side width and height
 */
record Noise(int size, int side) implements ImageGenerator {
  @Override
  public List<String> classNames() {
    return List.of();
  }

  @Override
  public int label(int index) {
    return ImageDataset.UNLABELLED;
  }

  @Override
  public RgbImage draw(int index) {
    byte[] pixels = new byte[side * side * RgbImage.CHANNELS];
    new Random(index).nextBytes(pixels);
    return RgbImage.of(side, side, pixels);
  }

  @Override
  public String parameters() {
    return "noise, " + size + " images of " + side + " x " + side;
  }
}
