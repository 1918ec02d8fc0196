package dev.simclr.train;

import dev.simclr.data.DataException;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.ImageLabels;
import dev.simclr.data.ImageList;
import dev.simclr.data.Stl10Source;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Names and classes of a configuration's images, without reading any of them; to be closed.
 *
 * @param train training images
 * @param test test images, if there are such
 * @param missing why they are only as many as were published with the data, and equally many of
 *     each class, if the data itself was not found
 */
public record DataListing(ImageLabels train, Optional<ImageLabels> test, Optional<String> missing)
    implements AutoCloseable {
  /**
   * Lists the images, or takes the published numbers where the data is not there.
   *
   * @throws IllegalArgumentException if {@code data.root} is needed and absent, and no numbers are
   *     published for the source
   * @throws DataException if data is missing, and no numbers are published for the source
   */
  public static DataListing of(DataConfig data) {
    try {
      ListedData listed = ListedData.of(data);
      return new DataListing(listed.train(), listed.test(), Optional.empty());
    } catch (DataException e) {
      return published(data, e);
    } catch (IllegalArgumentException e) {
      // Said of data.root, it means that the data is elsewhere; all else is a mistake.
      if (data.root().isPresent()) {
        throw e;
      }
      return published(data, e);
    }
  }

  private static DataListing published(DataConfig data, RuntimeException reason) {
    return switch (data.source()) {
      case CIFAR10, CIFAR100 -> published(data, 50_000, 10_000, reason);
      case FASHION_MNIST -> published(data, 60_000, 10_000, reason);
      case IMAGENET -> published(data, 1_281_167, 50_000, reason);
      case STL10 -> published(data, stl10(data.train().orElse("train")), 8_000, reason);
      case FOLDER, LIST, EMBEDDED -> throw reason;
    };
  }

  private static DataListing published(
      DataConfig data, int train, int test, RuntimeException reason) {
    int classes = classes(data);
    return new DataListing(
        new Published(train, classes),
        Optional.of(new Published(test, classes)),
        Optional.of(reason.getMessage()));
  }

  private static int stl10(String part) {
    Stl10Source.of(Path.of(""), part); // refuses what is no part
    return switch (part) {
      case "train" -> 5_000;
      case "unlabeled" -> 100_000;
      case "train+unlabeled" -> 105_000;
      default -> 1_000; // a fold
    };
  }

  private static int classes(DataConfig data) {
    return switch (data.source()) {
      case CIFAR10, FASHION_MNIST -> 10;
      case CIFAR100 -> 100;
      case IMAGENET -> 1000;
      case STL10 -> data.train().orElse("train").contains("unlabeled") ? 0 : 10;
      case FOLDER, LIST, EMBEDDED -> throw new IllegalStateException("no published numbers");
    };
  }

  /** Images of which the numbers alone are known. */
  private record Published(int size, int classes) implements ImageLabels {
    @Override
    public String name(int index) {
      return Integer.toString(index);
    }

    @Override
    public int label(int index) {
      return classes == 0 ? ImageDataset.UNLABELLED : index % classes;
    }

    @Override
    public List<String> classNames() {
      return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
    }
  }

  @Override
  public void close() {
    close(train);
    test.ifPresent(DataListing::close);
  }

  private static void close(ImageLabels images) {
    if (images instanceof ImageList list) {
      list.close();
    }
  }
}
