package dev.simclr.augment;

/** Draws the boxes of random crops; attempt a uses the words of block {@link #BLOCK} + a. */
sealed interface CropSampler permits TorchvisionCrop, GoogleCrop {

  /** The block of the first attempt. */
  int BLOCK = 16;

  /** A box within an image. */
  record Box(int top, int left, int height, int width) {}

  /** Draws a box of an image of the given size. */
  Box draw(ViewWords words, int height, int width);

  static CropSampler of(Semantics semantics, RandomCrop crop) {
    return switch (semantics) {
      case TORCHVISION -> new TorchvisionCrop(crop);
      case GOOGLE -> new GoogleCrop(crop);
    };
  }
}
