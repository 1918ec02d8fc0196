package dev.simclr.train;

import dev.simclr.data.DataException;
import dev.simclr.data.Split;
import java.util.Optional;

/**
 * How many images a configuration's data has.
 *
 * @param train training images
 * @param test test images
 * @param missing why the numbers are those that were published with the data, if the data itself
 *     was not found
 */
public record DataSize(int train, int test, Optional<String> missing) {
  /**
   * Counts the images, or takes the published numbers where the data is not there.
   *
   * @throws IllegalArgumentException if {@code data.root} is needed and absent, and no numbers are
   *     published for the source
   * @throws DataException if data is missing, and no numbers are published for the source
   */
  static DataSize of(DataConfig data) {
    try {
      return new DataSize(
          RunData.size(data, Split.TRAIN), RunData.size(data, Split.TEST), Optional.empty());
    } catch (IllegalArgumentException | DataException e) {
      return published(data, e);
    }
  }

  private static DataSize published(DataConfig data, RuntimeException reason) {
    Optional<String> missing = Optional.of(reason.getMessage());
    return switch (data.source()) {
      case CIFAR10, CIFAR100 -> new DataSize(50_000, 10_000, missing);
      case STL10 -> new DataSize(stl10(data.train().orElse("train")), 8_000, missing);
      case FASHION_MNIST -> new DataSize(60_000, 10_000, missing);
      case IMAGENET -> new DataSize(1_281_167, 50_000, missing);
      case FOLDER, LIST, EMBEDDED -> throw reason;
    };
  }

  private static int stl10(String train) {
    return switch (train) {
      case "train" -> 5_000;
      case "unlabeled" -> 100_000;
      case "train+unlabeled" -> 105_000;
      default -> 1_000;
    };
  }
}
