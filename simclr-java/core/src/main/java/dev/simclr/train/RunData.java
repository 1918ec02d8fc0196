package dev.simclr.train;

import dev.simclr.data.BadImagePolicy;
import dev.simclr.data.CifarSource;
import dev.simclr.data.DataException;
import dev.simclr.data.DataSource;
import dev.simclr.data.Datasets;
import dev.simclr.data.FashionMnistSource;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.ImageFolderSource;
import dev.simclr.data.ImageList;
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

  private RunData(ImageDataset train, Optional<ImageDataset> test) {
    this.train = train;
    this.test = test;
  }

  /**
   * Opens the data that a configuration names, packing it first if need be.
   *
   * @throws IllegalArgumentException if {@code data.root} is needed and absent, or {@code
   *     data.dct_scaling} is set where libjpeg-turbo is not available
   * @throws DataException if data is missing or damaged
   */
  public static RunData open(DataConfig data, Progress progress) {
    DataSource source = source(data);
    ImageDataset train = open(data, source, Split.TRAIN, progress);
    try {
      return new RunData(
          train,
          source.has(Split.TEST)
              ? Optional.of(open(data, source, Split.TEST, progress))
              : Optional.empty());
    } catch (RuntimeException e) {
      train.close();
      throw e;
    }
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
    train.close();
    test.ifPresent(ImageDataset::close);
  }

  private static ImageDataset open(
      DataConfig data, DataSource source, Split split, Progress progress) {
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

  /** Lists the images of a split that is there, without reading any of them; to be closed. */
  static ImageList list(DataConfig data, Split split) {
    return source(data).list(split);
  }

  /** Returns how many images a split has, without reading any of them; 0 if there is no split. */
  static int size(DataConfig data, Split split) {
    DataSource source = source(data);
    if (!source.has(split)) {
      return 0;
    }
    try (ImageList list = source.list(split)) {
      return list.size();
    }
  }

  private static DataSource source(DataConfig data) {
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
      case LIST ->
          ImageListSource.of(
              root(data),
              Path.of(
                  data.train()
                      .orElseThrow(() ->
                          new IllegalArgumentException(
                              "data.train is not set; data.source list needs the file that lists"
                                  + " the training images"))),
              data.test().map(Path::of));
      case IMAGENET ->
          ImageFolderSource.of(
              root(data),
              data.train().or(() -> Optional.of("train")),
              data.test().or(() -> Optional.of("val")));
      case EMBEDDED -> EmbeddedImages.source();
    };
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
