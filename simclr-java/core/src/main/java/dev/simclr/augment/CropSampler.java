package dev.simclr.augment;

/** Draws the boxes of random crops; attempt a uses the words of block {@code first} + a. */
sealed interface CropSampler permits TorchvisionCrop, GoogleCrop {

  /** A box within an image. */
  record Box(int top, int left, int height, int width) {}

  /**
   * Draws a box.
   *
   * @param first block of the first attempt, of {@link GoogleCrop#ATTEMPTS} at most
   * @param height rows of the image
   * @param width columns of the image
   */
  Box draw(ViewWords words, int first, int height, int width);

  static CropSampler of(Semantics semantics, RandomCrop crop) {
    return switch (semantics) {
      case TORCHVISION -> new TorchvisionCrop(crop);
      case GOOGLE -> new GoogleCrop(crop);
    };
  }
}
