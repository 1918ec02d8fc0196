package dev.simclr.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * CIFAR-10 and CIFAR-100 in their official binary layout (Krizhevsky, "Learning Multiple Layers of
 * Features from Tiny Images", 2009): files of records of label bytes, then 1,024 red, green and
 * blue bytes each, row by row, for an image of 32 x 32.
 *
 * <p>The files lie in the given folder or in the sub folder that the official archive unpacks to.
 * Any number of CIFAR-10's {@code data_batch_*.bin} is accepted, of any number of records. Of
 * CIFAR-100's two labels the fine one is used. Class names come from {@code batches.meta.txt} or
 * {@code fine_label_names.txt}; without that file the classes are called by their numbers.
 */
public final class CifarSource implements DataSource {
  private static final int SIDE = 32;
  private static final int PLANE = SIDE * SIDE;

  /** The two data sets. */
  private enum Kind {
    CIFAR10("cifar10", "CIFAR-10", "cifar-10-batches-bin", "batches.meta.txt", 10, 1),
    CIFAR100("cifar100", "CIFAR-100", "cifar-100-binary", "fine_label_names.txt", 100, 2);

    final String id;
    final String title;
    final String folder;
    final String namesFile;
    final int classes;
    // The label wanted is the last of these.
    final int labelBytes;

    Kind(String id, String title, String folder, String namesFile, int classes, int labelBytes) {
      this.id = id;
      this.title = title;
      this.folder = folder;
      this.namesFile = namesFile;
      this.classes = classes;
      this.labelBytes = labelBytes;
    }

    int recordBytes() {
      return labelBytes + RgbImage.CHANNELS * PLANE;
    }

    Pattern fileNames(Split split) {
      return Pattern.compile(
          switch (this) {
            case CIFAR10 -> split == Split.TRAIN ? "data_batch_\\d+\\.bin" : "test_batch\\.bin";
            case CIFAR100 -> split == Split.TRAIN ? "train\\.bin" : "test\\.bin";
          });
    }

    String expectedFiles(Split split) {
      return switch (this) {
        case CIFAR10 -> split == Split.TRAIN ? "data_batch_*.bin" : "test_batch.bin";
        case CIFAR100 -> split == Split.TRAIN ? "train.bin" : "test.bin";
      };
    }
  }

  private final Kind kind;
  private final Path root;

  private CifarSource(Kind kind, Path root) {
    this.kind = kind;
    this.root = Objects.requireNonNull(root, "root");
  }

  /** CIFAR-10 in {@code root} or in {@code root/cifar-10-batches-bin}. */
  public static CifarSource cifar10(Path root) {
    return new CifarSource(Kind.CIFAR10, root);
  }

  /** CIFAR-100 in {@code root} or in {@code root/cifar-100-binary}. */
  public static CifarSource cifar100(Path root) {
    return new CifarSource(Kind.CIFAR100, root);
  }

  @Override
  public String id() {
    return kind.id;
  }

  @Override
  public String location(Split split) {
    return folder().toString();
  }

  @Override
  public boolean has(Split split) {
    return !files(folder(), split).isEmpty();
  }

  @Override
  public ImageList list(Split split) {
    Path folder = folder();
    List<Path> files = files(folder, split);
    if (files.isEmpty()) {
      throw new DataException(
          "no "
              + kind.title
              + " files ("
              + kind.expectedFiles(split)
              + ") in "
              + folder
              + (Files.isDirectory(folder.resolve(split.id()))
                  ? "; for its folder " + split.id() + " with images set data.source=folder"
                  : ""));
    }
    List<String> classNames = classNames(folder);
    return new Pictures(
        kind, split, RecordFiles.open(kind.title, kind.recordBytes(), files), classNames);
  }

  private Path folder() {
    Path directory = SourceFiles.directory(root);
    Path unpacked = directory.resolve(kind.folder);
    boolean here = Stream.of(Split.values()).anyMatch(split -> !files(directory, split).isEmpty());
    return !here && Files.isDirectory(unpacked) ? unpacked : directory;
  }

  private List<Path> files(Path folder, Split split) {
    Pattern names = kind.fileNames(split);
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(file -> names.matcher(file.getFileName().toString()).matches())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw SourceFiles.unreadable(folder, e);
    }
  }

  private List<String> classNames(Path folder) {
    Path file = folder.resolve(kind.namesFile);
    return Files.exists(file)
        ? SourceFiles.classNames(file, kind.classes)
        : IntStream.range(0, kind.classes).mapToObj(Integer::toString).toList();
  }

  /** The images of a split. */
  private static final class Pictures implements ImageList {
    private final Kind kind;
    private final Split split;
    private final RecordFiles records;
    private final List<String> classNames;
    private final String version;

    Pictures(Kind kind, Split split, RecordFiles records, List<String> classNames) {
      this.kind = kind;
      this.split = split;
      this.records = records;
      this.classNames = classNames;
      Sha256 digest = new Sha256();
      classNames.forEach(digest::add);
      records.addStamps(digest);
      this.version = digest.finishHex();
    }

    @Override
    public int size() {
      return records.size();
    }

    @Override
    public String name(int index) {
      return "%s/%05d".formatted(split.id(), index);
    }

    @Override
    public String describe(int index) {
      return records.describe(index);
    }

    @Override
    public int label(int index) {
      return records.read(index, kind.labelBytes - 1, 1)[0] & 0xFF;
    }

    @Override
    public List<String> classNames() {
      return classNames;
    }

    @Override
    public String version() {
      return version;
    }

    @Override
    public RgbImage read(int index, DecodeLimits limits) throws BadImageException {
      limits.checkSize(SIDE, SIDE);
      byte[] record = records.read(index, 0, kind.recordBytes());
      int label = record[kind.labelBytes - 1] & 0xFF;
      if (label >= kind.classes) {
        throw new BadImageException(
            "label " + label + " is not in [0, " + (kind.classes - 1) + "]");
      }
      byte[] pixels = new byte[RgbImage.CHANNELS * PLANE];
      for (int c = 0; c < RgbImage.CHANNELS; c++) {
        int from = kind.labelBytes + c * PLANE;
        for (int i = 0; i < PLANE; i++) {
          pixels[i * RgbImage.CHANNELS + c] = record[from + i];
        }
      }
      return new RgbImage(SIDE, SIDE, pixels);
    }

    @Override
    public void close() {
      records.close();
    }
  }
}
