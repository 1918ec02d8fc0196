package dev.simclr.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * JPEG and PNG files that a text file in UTF-8 lists, one a line: a path, or a path, a comma and
 * the name of a class. The last comma counts, so a path may have commas where a class follows.
 *
 * <p>Paths are relative to the root, or absolute. Blank lines are left out. The order is that of
 * the list. Class numbers follow the sorted names of both lists, so that both splits number alike.
 */
public final class ImageListSource implements DataSource {
  private final Path root;
  private final Path train;
  private final Optional<Path> test;

  private ImageListSource(Path root, Path train, Optional<Path> test) {
    this.root = Objects.requireNonNull(root, "root");
    this.train = Objects.requireNonNull(train, "train");
    this.test = Objects.requireNonNull(test, "test");
  }

  /**
   * Listed images.
   *
   * @param root what relative paths start from, those of the lists too
   * @param train the file that lists the training images
   * @param test the file that lists the test images, if there are any
   */
  public static ImageListSource of(Path root, Path train, Optional<Path> test) {
    return new ImageListSource(root, train, test);
  }

  @Override
  public String id() {
    return "list";
  }

  @Override
  public String location(Split split) {
    return file(split).toString();
  }

  @Override
  public boolean has(Split split) {
    return split == Split.TRAIN || test.isPresent();
  }

  @Override
  public ImageList list(Split split) {
    List<Line> lines = lines(file(split));
    if (lines.isEmpty()) {
      throw new DataException(file(split) + " lists no image");
    }
    Set<String> names = new TreeSet<>();
    for (Split each : Split.values()) {
      if (has(each)) {
        (each == split ? lines : lines(file(each)))
            .forEach(line -> line.className.ifPresent(names::add));
      }
    }
    return new Listed(SourceFiles.directory(root), file(split), lines, List.copyOf(names));
  }

  private Path file(Split split) {
    Path directory = SourceFiles.directory(root);
    return split == Split.TRAIN
        ? directory.resolve(train)
        : test.map(directory::resolve)
            .orElseThrow(() -> new DataException("no list of test images"));
  }

  /** A line of a list. */
  private record Line(Path path, Optional<String> className) {
    static Line parse(String text, Path file, int number) {
      int comma = text.lastIndexOf(',');
      String path = comma < 0 ? text : text.substring(0, comma);
      String name = comma < 0 ? "" : text.substring(comma + 1).strip();
      if (comma >= 0 && name.isEmpty()) {
        throw new DataException(file + ", line " + number + ": no class after the comma");
      }
      try {
        return new Line(
            Path.of(path.strip()), name.isEmpty() ? Optional.empty() : Optional.of(name));
      } catch (InvalidPathException e) {
        throw new DataException(file + ", line " + number + ": no path: " + e.getReason(), e);
      }
    }
  }

  private static List<Line> lines(Path file) {
    List<Line> lines = new ArrayList<>();
    Set<Path> seen = new HashSet<>();
    try (Stream<String> texts = Files.lines(file)) {
      int number = 0;
      for (String text : (Iterable<String>) texts::iterator) {
        number++;
        if (text.isBlank()) {
          continue;
        }
        Line line = Line.parse(text.strip(), file, number);
        if (!seen.add(line.path)) {
          throw new DataException(
              file + ", line " + number + ": " + line.path + " is listed before");
        }
        lines.add(line);
      }
    } catch (IOException e) {
      throw SourceFiles.unreadable(file, e);
    } catch (UncheckedIOException e) {
      throw SourceFiles.unreadable(file, e.getCause());
    }
    return lines;
  }

  /** The images of one list. */
  private static final class Listed implements ImageList {
    private final Path root;
    private final List<Line> lines;
    private final List<String> classNames;
    private final Map<String, Integer> labels = new HashMap<>();
    private final String version;

    Listed(Path root, Path file, List<Line> lines, List<String> classNames) {
      this.root = root;
      this.lines = lines;
      this.classNames = classNames;
      for (int label = 0; label < classNames.size(); label++) {
        labels.put(classNames.get(label), label);
      }
      Sha256 digest = new Sha256().add(root.toString()).add(classNames.size());
      classNames.forEach(digest::add);
      for (int i = 0; i < lines.size(); i++) {
        Path image = path(i);
        try {
          SourceFiles.addStamp(
              digest, image.toString(), Files.readAttributes(image, BasicFileAttributes.class));
        } catch (IOException e) {
          throw new DataException(
              "cannot read " + image + ", which " + file + " lists: " + IoReasons.of(e), e);
        }
        digest.add(label(i));
      }
      this.version = digest.finishHex();
    }

    @Override
    public int size() {
      return lines.size();
    }

    @Override
    public String name(int index) {
      return lines.get(index).path.toString();
    }

    @Override
    public String describe(int index) {
      return path(index).toString();
    }

    @Override
    public int label(int index) {
      return lines.get(index).className.map(labels::get).orElse(ImageDataset.UNLABELLED);
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
      return RgbImage.decode(file(index, limits), limits);
    }

    @Override
    public boolean hasFiles() {
      return true;
    }

    @Override
    public byte[] file(int index, DecodeLimits limits) throws BadImageException {
      return RgbImage.readFile(path(index), limits);
    }

    @Override
    public void close() {
      // Each file is only open while it is read.
    }

    private Path path(int index) {
      return root.resolve(lines.get(index).path);
    }
  }
}
