package dev.simclr.train;

import dev.simclr.data.BadImagePolicy;
import dev.simclr.data.CifarSource;
import dev.simclr.data.DataException;
import dev.simclr.data.DataSource;
import dev.simclr.data.Datasets;
import dev.simclr.data.FashionMnistSource;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.ImageFolderSource;
import dev.simclr.data.ImageListSource;
import dev.simclr.data.JpegDecoders;
import dev.simclr.data.PackOptions;
import dev.simclr.data.Progress;
import dev.simclr.data.Split;
import dev.simclr.data.Stl10Source;
import dev.simclr.data.embedded.EmbeddedImages;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Optional;

/** The images of a configuration, to be closed. */
public final class RunData implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Pretrainer.class.getName());

  private final ImageDataset train;
  private final Optional<ImageDataset> test;
  private final boolean owned;

  private RunData(ImageDataset train, Optional<ImageDataset> test, boolean owned) {
    this.train = train;
    this.test = test;
    this.owned = owned;
  }

  /**
   * Opens the data that a configuration names, packing it first if need be.
   *
   * @throws IllegalArgumentException if {@code data.root} is needed and absent, or {@code
   *     data.dct_scaling} is set where libjpeg-turbo is not available
   * @throws DataException if data is missing or damaged
   */
  public static RunData open(DataConfig data, Progress progress) {
    try (ListedData listed = ListedData.of(data)) {
      return listed.open(progress);
    }
  }

  /** Images that are closed with this. */
  static RunData owning(ImageDataset train, Optional<ImageDataset> test) {
    return new RunData(train, test, true);
  }

  /** Images of the caller, who closes them. */
  static RunData lent(ImageDataset train, Optional<ImageDataset> test) {
    return new RunData(train, test, false);
  }

  /**
   * Opens one split of the data that a configuration names, packing it first if need be.
   *
   * @return the images, to be closed
   * @throws IllegalArgumentException if {@code data.root} is needed and absent, or {@code
   *     data.dct_scaling} is set where libjpeg-turbo is not available
   * @throws DataException if data is missing or damaged, or has no such split
   */
  public static ImageDataset open(DataConfig data, Split split, Progress progress) {
    return open(data, source(data), split, progress);
  }

  /** Returns the images to train on. */
  public ImageDataset train() {
    return train;
  }

  /** Returns the images to evaluate on, if the data has such. */
  public Optional<ImageDataset> test() {
    return test;
  }

  @Override
  public void close() {
    if (owned) {
      train.close();
      test.ifPresent(ImageDataset::close);
    }
  }

  static ImageDataset open(DataConfig data, DataSource source, Split split, Progress progress) {
    if (data.dctScaling() && !JpegDecoders.canReduce()) {
      throw new IllegalArgumentException(
          "data.dct_scaling is true; allowed with libjpeg-turbo, but JPEG files are decoded by "
              + JpegDecoders.describe());
    }
    return Datasets.open(
        source,
        split,
        data.cache().orElseGet(Datasets::defaultCacheDir),
        switch (data.badImages()) {
          case FAIL -> BadImagePolicy.FAIL;
          case SKIP -> BadImagePolicy.SKIP;
        },
        PackOptions.forImageSize(data.imageSize())
            .withStorage(
                switch (data.pack()) {
                  case PIXELS -> PackOptions.Storage.PIXELS;
                  case JPEG -> PackOptions.Storage.JPEG;
                })
            .withDctScaling(data.dctScaling()),
        progress);
  }

  static DataSource source(DataConfig data) {
    boolean published =
        switch (data.source()) {
          case CIFAR10, CIFAR100, FASHION_MNIST, EMBEDDED -> true;
          case STL10, FOLDER, LIST, IMAGENET -> false;
        };
    if (published && data.train().isPresent()) {
      LOG.log(Level.WARNING, "data.train has no meaning for {0}: not used", data.source());
    }
    if ((published || data.source() == DataConfig.Source.STL10) && data.test().isPresent()) {
      LOG.log(Level.WARNING, "data.test has no meaning for {0}: not used", data.source());
    }
    return switch (data.source()) {
      case CIFAR10 -> CifarSource.cifar10(root(data));
      case CIFAR100 -> CifarSource.cifar100(root(data));
      case STL10 -> Stl10Source.of(root(data), data.train().orElse("train"));
      case FASHION_MNIST -> FashionMnistSource.of(data.root().orElse(FashionMnistSource.DEBIAN));
      case FOLDER -> ImageFolderSource.of(root(data), data.train(), data.test());
      case LIST -> list(data);
      case IMAGENET ->
          ImageFolderSource.of(
              root(data),
              data.train().or(() -> Optional.of("train")),
              data.test().or(() -> Optional.of("val")));
      case EMBEDDED -> EmbeddedImages.source();
    };
  }

  private static ImageListSource list(DataConfig data) {
    Path train =
        Path.of(
            data.train()
                .orElseThrow(() ->
                    new IllegalArgumentException(
                        "data.train is not set; data.source list needs the file that lists the"
                            + " training images")));
    Optional<Path> test = data.test().map(Path::of);
    return data.root()
        .map(root -> ImageListSource.of(root, train, test))
        .orElseGet(() -> ImageListSource.of(train, test));
  }

  private static Path root(DataConfig data) {
    return data.root()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "data.root is not set; data.source "
                    + data.source()
                    + " needs the directory that holds the data"));
  }
}
