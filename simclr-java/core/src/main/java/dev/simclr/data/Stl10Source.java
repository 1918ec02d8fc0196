package dev.simclr.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * STL-10 in its official binary layout (Coates, Lee and Ng, "An Analysis of Single-Layer Networks
 * in Unsupervised Feature Learning", 2011): images of 96 x 96, as planes of red, green and blue
 * whose columns come one after another; 5,000 labelled ones to train on, 8,000 to test on, and
 * 100,000 without labels.
 *
 * <p>The files lie in the given folder or in the sub folder {@code stl10_binary} that the official
 * archive unpacks to. Class names come from {@code class_names.txt}; without it the classes are
 * called by their numbers.
 */
public final class Stl10Source implements DataSource {
  private static final int SIDE = 96;
  private static final int PLANE = SIDE * SIDE;
  private static final int CLASSES = 10;
  private static final String TITLE = "STL-10";
  private static final String FOLDER = "stl10_binary";
  private static final String FOLDS = "fold_indices.txt";
  private static final Pattern FOLD = Pattern.compile("fold-(\\d)");

  private final Path root;
  private final String train;

  private Stl10Source(Path root, String train) {
    this.root = Objects.requireNonNull(root, "root");
    this.train = train;
  }

  /**
   * STL-10 in {@code root} or in {@code root/stl10_binary}.
   *
   * @param train which images to train on: {@code train}, {@code unlabeled}, {@code
   *     train+unlabeled}, of which the labelled ones come first, or {@code fold-0} to {@code
   *     fold-9}, the predefined folds of the labelled ones
   * @throws IllegalArgumentException for another name
   */
  public static Stl10Source of(Path root, String train) {
    if (!List.of("train", "unlabeled", "train+unlabeled").contains(train)
        && !FOLD.matcher(train).matches()) {
      throw new IllegalArgumentException(
          "data.train is "
              + train
              + "; allowed for stl10: train, unlabeled, train+unlabeled, fold-0 to fold-9");
    }
    return new Stl10Source(root, train);
  }

  @Override
  public String id() {
    return "stl10";
  }

  @Override
  public String location(Split split) {
    return folder() + (split == Split.TRAIN ? " (" + train + ")" : "");
  }

  @Override
  public boolean has(Split split) {
    return Files.exists(images(folder(), parts(split).getFirst()));
  }

  @Override
  public ImageList list(Split split) {
    Path folder = folder();
    List<String> parts = parts(split);
    List<Path> files = parts.stream().map(part -> images(folder, part)).toList();
    for (Path file : files) {
      if (!Files.exists(file)) {
        throw new DataException("no " + TITLE + " file " + file.getFileName() + " in " + folder);
      }
    }
    Path names = folder.resolve("class_names.txt");
    List<String> classNames =
        Files.exists(names)
            ? SourceFiles.classNames(names, CLASSES)
            : IntStream.rangeClosed(1, CLASSES).mapToObj(Integer::toString).toList();
    // Only the first part may have labels: those without come last.
    String first = parts.getFirst();
    Optional<Path> labels =
        first.equals("unlabeled")
            ? Optional.empty()
            : Optional.of(folder.resolve(first + "_y.bin"));
    RecordFiles images = RecordFiles.open(TITLE, RgbImage.CHANNELS * PLANE, files);
    try {
      return new Pictures(
          split,
          images,
          labels.map(file -> labels(file, images.size(0))).orElse(new byte[0]),
          labels,
          classNames,
          fold(split, folder, images.size()));
    } catch (DataException e) {
      images.close();
      throw e;
    }
  }

  private List<String> parts(Split split) {
    if (split == Split.TEST) {
      return List.of("test");
    }
    return FOLD.matcher(train).matches() ? List.of("train") : List.of(train.split("\\+"));
  }

  private static Path images(Path folder, String part) {
    return folder.resolve(part + "_X.bin");
  }

  private Path folder() {
    Path directory = SourceFiles.directory(root);
    Path unpacked = directory.resolve(FOLDER);
    return Files.isDirectory(unpacked) ? unpacked : directory;
  }

  private static byte[] labels(Path file, int count) {
    byte[] labels;
    try {
      labels = Files.readAllBytes(file);
    } catch (IOException e) {
      throw SourceFiles.unreadable(file, e);
    }
    if (labels.length != count) {
      throw new DataException(
          "%s has %d labels for %d images".formatted(file, labels.length, count));
    }
    return labels;
  }

  /** The places of the images of a fold, or of all images. */
  private int[] fold(Split split, Path folder, int count) {
    Matcher matcher = FOLD.matcher(train);
    if (split == Split.TEST || !matcher.matches()) {
      return IntStream.range(0, count).toArray();
    }
    Path file = folder.resolve(FOLDS);
    try {
      List<String> lines = Files.readAllLines(file);
      int fold = Integer.parseInt(matcher.group(1));
      if (fold >= lines.size()) {
        throw new DataException(file + " has " + lines.size() + " lines, expected one per fold");
      }
      int[] places =
          Arrays.stream(lines.get(fold).strip().split("\\s+"))
              .mapToInt(Integer::parseInt)
              .toArray();
      for (int place : places) {
        if (place < 0 || place >= count) {
          throw new DataException(
              "%s: fold %d names image %d of %d".formatted(file, fold, place, count));
        }
      }
      return places;
    } catch (IOException e) {
      throw SourceFiles.unreadable(file, e);
    } catch (NumberFormatException e) {
      throw new DataException(file + " has something else than numbers: " + e.getMessage(), e);
    }
  }

  /** The images of a split. */
  private static final class Pictures implements ImageList {
    private final Split split;
    private final RecordFiles images;
    private final byte[] labels;
    private final List<String> classNames;
    private final int[] places;
    private final String version;

    Pictures(
        Split split,
        RecordFiles images,
        byte[] labels,
        Optional<Path> labelsFile,
        List<String> classNames,
        int[] places) {
      this.split = split;
      this.images = images;
      this.labels = labels;
      this.classNames = labels.length == 0 ? List.of() : classNames;
      this.places = places;
      Sha256 digest = new Sha256();
      this.classNames.forEach(digest::add);
      images.addStamps(digest);
      labelsFile.ifPresent(file -> SourceFiles.addStamp(digest, file));
      Arrays.stream(places).forEach(digest::add);
      this.version = digest.finishHex();
    }

    @Override
    public int size() {
      return places.length;
    }

    @Override
    public String name(int index) {
      return "%s/%06d".formatted(split.id(), places[index]);
    }

    @Override
    public String describe(int index) {
      return images.describe(places[index]);
    }

    @Override
    public int label(int index) {
      // Classes are numbered from 1 in the files.
      int place = places[index];
      return place < labels.length ? (labels[place] & 0xFF) - 1 : ImageDataset.UNLABELLED;
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
      int label = label(index);
      if (places[index] < labels.length && (label < 0 || label >= CLASSES)) {
        throw new BadImageException("label " + (label + 1) + " is not in [1, 10]");
      }
      byte[] planes = images.read(places[index], 0, RgbImage.CHANNELS * PLANE);
      byte[] pixels = new byte[RgbImage.CHANNELS * PLANE];
      for (int c = 0; c < RgbImage.CHANNELS; c++) {
        for (int x = 0; x < SIDE; x++) {
          for (int y = 0; y < SIDE; y++) {
            pixels[(y * SIDE + x) * RgbImage.CHANNELS + c] = planes[c * PLANE + x * SIDE + y];
          }
        }
      }
      return new RgbImage(SIDE, SIDE, pixels);
    }

    @Override
    public void close() {
      images.close();
    }
  }
}
