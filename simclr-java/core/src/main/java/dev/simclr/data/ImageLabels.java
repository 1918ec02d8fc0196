package dev.simclr.data;

import java.util.List;
import java.util.stream.IntStream;

/** Names and classes of images in a fixed order: what is known of them before any is read. */
public interface ImageLabels {
  /** Number of images, at least 1. */
  int size();

  /** Name of an image, unique and stable between runs. */
  String name(int index);

  /** Class of an image, or {@link ImageDataset#UNLABELLED}. */
  int label(int index);

  /** Names of the classes by label; empty when there are no classes. */
  List<String> classNames();

  /** Whether every image has a label. */
  default boolean labelled() {
    return IntStream.range(0, size()).allMatch(i -> label(i) != ImageDataset.UNLABELLED);
  }
}
