package dev.simclr.data;

import java.util.List;

/**
 * Draws the images of one split by code, each from its index alone. All methods may be called from
 * several threads at once.
 */
public interface ImageGenerator {
  /** Number of images, at least 1. */
  int size();

  /** Names of the classes by label; empty when there are no classes. */
  List<String> classNames();

  /** Class of an image, or {@link ImageDataset#UNLABELLED}. */
  int label(int index);

  /** Draws an image: the same for the same index, on every machine. */
  RgbImage draw(int index);

  /**
   * All that decides the images, such as {@code "shapes 1, seed 7, 10000 images"}: two generators
   * with the same text draw the same.
   */
  String parameters();
}
