package dev.simclr.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017) in its four IDX files, gzipped or plain; gray, 28
 * x 28. The files lie in the given folder, as Debian's package {@code dataset-fashion-mnist} puts
 * them in {@link #DEBIAN}, or in its sub folder {@code FashionMNIST/raw}, as torchvision does.
 * Without the label file the images have no labels.
 */
public final class FashionMnistSource implements DataSource {
  /** Where Debian's package puts the files. */
  public static final Path DEBIAN = Path.of("/usr/share/datasets/fashion-mnist");

  private static final List<String> CLASS_NAMES =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  private final Path root;

  private FashionMnistSource(Path root) {
    this.root = Objects.requireNonNull(root, "root");
  }

  /** Fashion-MNIST in {@code root} or in {@code root/FashionMNIST/raw}. */
  public static FashionMnistSource of(Path root) {
    return new FashionMnistSource(root);
  }

  @Override
  public String id() {
    return "fashion-mnist";
  }

  @Override
  public String location(Split split) {
    return folder().toString();
  }

  @Override
  public boolean has(Split split) {
    return find(folder(), imagesName(split)).isPresent();
  }

  @Override
  public ImageList list(Split split) {
    Path folder = folder();
    Path imagesFile =
        find(folder, imagesName(split))
            .orElseThrow(() ->
                new DataException(
                    "no Fashion-MNIST file " + imagesName(split) + "[.gz] in " + folder));
    IdxFile images = IdxFile.open(imagesFile, 3);
    Optional<IdxFile> labels = find(folder, labelsName(split)).map(file -> IdxFile.open(file, 1));
    if (labels.isPresent() && labels.get().size(0) != images.size(0)) {
      throw new DataException(
          "%s has %d labels for the %d images of %s"
              .formatted(labels.get().file(), labels.get().size(0), images.size(0), images.file()));
    }
    return new Pictures(split, images, labels);
  }

  private Path folder() {
    Path directory = SourceFiles.directory(root);
    Path torchvision = directory.resolve("FashionMNIST").resolve("raw");
    boolean here =
        Stream.of(Split.values()).anyMatch(split -> find(directory, imagesName(split)).isPresent());
    return !here && Files.isDirectory(torchvision) ? torchvision : directory;
  }

  private static Optional<Path> find(Path folder, String name) {
    return Stream.of(name, name + ".gz").map(folder::resolve).filter(Files::exists).findFirst();
  }

  private static String imagesName(Split split) {
    return prefix(split) + "-images-idx3-ubyte";
  }

  private static String labelsName(Split split) {
    return prefix(split) + "-labels-idx1-ubyte";
  }

  private static String prefix(Split split) {
    return split == Split.TRAIN ? "train" : "t10k";
  }

  /** The images of a split. */
  private static final class Pictures implements ImageList {
    private final Split split;
    private final IdxFile images;
    private final Optional<IdxFile> labels;
    private final String version;

    Pictures(Split split, IdxFile images, Optional<IdxFile> labels) {
      this.split = split;
      this.images = images;
      this.labels = labels;
      Sha256 digest = new Sha256();
      SourceFiles.addStamp(digest, images.file());
      labels.ifPresent(file -> SourceFiles.addStamp(digest, file.file()));
      this.version = digest.finishHex();
    }

    @Override
    public int size() {
      return images.size(0);
    }

    @Override
    public String name(int index) {
      return "%s/%05d".formatted(split.id(), index);
    }

    @Override
    public String describe(int index) {
      return images.file() + " image " + index;
    }

    @Override
    public int label(int index) {
      return labels.map(file -> file.values()[index] & 0xFF).orElse(ImageDataset.UNLABELLED);
    }

    @Override
    public List<String> classNames() {
      return labels.isPresent() ? CLASS_NAMES : List.of();
    }

    @Override
    public String version() {
      return version;
    }

    @Override
    public RgbImage read(int index, DecodeLimits limits) throws BadImageException {
      Objects.checkIndex(index, size());
      int height = images.size(1);
      int width = images.size(2);
      limits.checkSize(width, height);
      int label = label(index);
      if (label >= CLASS_NAMES.size()) {
        throw new BadImageException(
            "label " + label + " is not in [0, " + (CLASS_NAMES.size() - 1) + "]");
      }
      byte[] gray = images.values();
      byte[] pixels = new byte[height * width * RgbImage.CHANNELS];
      int from = index * height * width;
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = gray[from + i / RgbImage.CHANNELS];
      }
      return new RgbImage(height, width, pixels);
    }

    @Override
    public void close() {
      // The files are only open while they are read.
    }
  }
}
