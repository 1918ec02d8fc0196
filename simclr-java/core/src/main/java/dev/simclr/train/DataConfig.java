package dev.simclr.train;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the images come from (YAML section {@code data}).
 *
 * @param source the kind of data
 * @param root the directory that holds the data; {@code embedded} needs none, for {@code
 *     fashion-mnist} it is by default where Debian's package puts the files, and for {@code list}
 *     the lists and what they name start from it, or without it the lists from the working
 *     directory, so that their paths become absolute, and what they name from the folder of the
 *     list
 * @param train for {@code folder} and {@code imagenet}: the subdirectory of {@code root} with the
 *     training images; absent means {@code train} where that exists, else {@code root} itself. For
 *     {@code stl10}: {@code train} (the default), {@code unlabeled}, {@code train+unlabeled} or
 *     {@code fold-0} to {@code fold-9}. For {@code list}: the file that lists the training images
 * @param test for {@code folder} and {@code imagenet}: the subdirectory of {@code root} with the
 *     test images; absent means {@code test} or {@code val} where that exists, else no test images.
 *     For {@code list}: the file that lists the test images, if there are any
 * @param imageSize height and width of a view, in pixels
 * @param badImages what happens to an image that cannot be decoded
 * @param pack what the pack in the cache holds of a JPEG file: its pixels, made smaller if they are
 *     many more than the views need, or the file itself, which is several times smaller than its
 *     pixels and is decoded for each step
 * @param dctScaling whether JPEG files of the pack are decoded at 1/2, 1/4 or 1/8 of their size
 *     where the crop of every view stays at least as large as the view. That is quicker, and the
 *     views of training differ a little from those of the full image. Needs libjpeg-turbo
 * @param cache the directory for packed images; absent means the user cache
 */
public record DataConfig(
    Source source,
    Optional<Path> root,
    Optional<String> train,
    Optional<String> test,
    int imageSize,
    BadImages badImages,
    Pack pack,
    boolean dctScaling,
    Optional<Path> cache) {
  /** The kinds of data that a run can open by name. */
  public enum Source {
    /** CIFAR-10 in its official binary layout. */
    CIFAR10,
    /** CIFAR-100 in its official binary layout. */
    CIFAR100,
    /** STL-10 in its official binary layout. */
    STL10,
    /** Fashion-MNIST in IDX files, gzipped or plain. */
    FASHION_MNIST,
    /** A directory of JPEG and PNG images; the first folder level is the class. */
    FOLDER,
    /** JPEG and PNG images that text files list: a path, or a path, a comma and a class, a line. */
    LIST,
    /**
     * ImageNet-1k as a directory of JPEG files: {@code train} and {@code val} with a folder for
     * each synset.
     */
    IMAGENET,
    /** Images that are drawn in code, deterministic from a seed. */
    EMBEDDED;

    /** Whether its images are JPEG and PNG files. */
    boolean hasFiles() {
      return this == FOLDER || this == IMAGENET || this == LIST;
    }

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** What happens to an image that cannot be decoded. */
  public enum BadImages {
    /** The run ends with an error that names the file. */
    FAIL,
    /** The image is left out and counted. */
    SKIP;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /** What a pack holds of a JPEG file. */
  public enum Pack {
    /** Its pixels. */
    PIXELS,
    /** The file itself. */
    JPEG;

    @Override
    public String toString() {
      return Keys.spelling(this);
    }
  }

  /**
   * Refuses values that no run can use.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  public DataConfig {
    Keys.present("data.source", source);
    Keys.present("data.root", root);
    Keys.present("data.train", train);
    Keys.present("data.test", test);
    if (source == Source.LIST && root.isEmpty()) {
      // So that a run and its evaluation find them from another folder.
      train = train.map(DataConfig::absolute);
      test = test.map(DataConfig::absolute);
    }
    Keys.between("data.image_size", imageSize, 8, 1024);
    Keys.present("data.bad_images", badImages);
    Keys.present("data.pack", pack);
    if (dctScaling && pack != Pack.JPEG) {
      throw new IllegalArgumentException(
          "data.dct_scaling is true; allowed with data.pack " + Pack.JPEG + ", which is " + pack);
    }
    Keys.present("data.cache", cache);
  }

  private static String absolute(String path) {
    return Path.of(path).toAbsolutePath().toString();
  }

  /** Returns the default values. */
  public static DataConfig defaults() {
    return builder().build();
  }

  /** Returns a builder that starts at the default values. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts at these values. */
  public Builder toBuilder() {
    Builder b = new Builder();
    b.source = source;
    b.root = root;
    b.train = train;
    b.test = test;
    b.imageSize = imageSize;
    b.badImages = badImages;
    b.pack = pack;
    b.dctScaling = dctScaling;
    b.cache = cache;
    return b;
  }

  /** Collects values for a {@link DataConfig}; each setter is named like its component. */
  public static final class Builder {
    private Source source = Source.EMBEDDED;
    private Optional<Path> root = Optional.empty();
    private Optional<String> train = Optional.empty();
    private Optional<String> test = Optional.empty();
    private int imageSize = 32;
    private BadImages badImages = BadImages.FAIL;
    private Pack pack = Pack.PIXELS;
    private boolean dctScaling;
    private Optional<Path> cache = Optional.empty();

    private Builder() {}

    /** Sets {@code source}. */
    public Builder source(Source value) {
      source = value;
      return this;
    }

    /** Sets {@code root}. */
    public Builder root(Path value) {
      root = Optional.of(value);
      return this;
    }

    /** Sets {@code train}. */
    public Builder train(String value) {
      train = Optional.of(value);
      return this;
    }

    /** Sets {@code test}. */
    public Builder test(String value) {
      test = Optional.of(value);
      return this;
    }

    /** Sets {@code imageSize}. */
    public Builder imageSize(int value) {
      imageSize = value;
      return this;
    }

    /** Sets {@code badImages}. */
    public Builder badImages(BadImages value) {
      badImages = value;
      return this;
    }

    /** Sets {@code pack}. */
    public Builder pack(Pack value) {
      pack = value;
      return this;
    }

    /** Sets {@code dctScaling}. */
    public Builder dctScaling(boolean value) {
      dctScaling = value;
      return this;
    }

    /** Sets {@code cache}. */
    public Builder cache(Path value) {
      cache = Optional.of(value);
      return this;
    }

    /**
     * Returns the values, checked.
     *
     * @throws IllegalArgumentException naming the key, the value and what is allowed
     */
    public DataConfig build() {
      return new DataConfig(
          source, root, train, test, imageSize, badImages, pack, dctScaling, cache);
    }
  }
}
