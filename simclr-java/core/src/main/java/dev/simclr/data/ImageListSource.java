package dev.simclr.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * JPEG and PNG files that a text file in UTF-8 lists, one a line: a path, or a path, a comma and
 * the name of a class. The last comma counts, so a path may have commas where a class follows.
 *
 * <p>Paths are relative to the root, or to the folder of the list where there is no root, or
 * absolute. Blank lines are left out. The order is that of the list. Class numbers follow the
 * sorted names of both lists, so that both splits number alike.
 */
public final class ImageListSource implements DataSource {
  private final Optional<Path> root;
  private final Path train;
  private final Optional<Path> test;

  private ImageListSource(Optional<Path> root, Path train, Optional<Path> test) {
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
    return new ImageListSource(Optional.of(root), train, test);
  }

  /**
   * Listed images, whose relative paths start from the folder of the list they are in.
   *
   * @param train the file that lists the training images
   * @param test the file that lists the test images, if there are any
   */
  public static ImageListSource of(Path train, Optional<Path> test) {
    return new ImageListSource(Optional.empty(), train, test);
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
    Path file = file(split);
    List<Line> lines = lines(file);
    if (lines.isEmpty()) {
      throw new DataException(file + " lists no image");
    }
    Set<String> names = new TreeSet<>();
    for (Split each : Split.values()) {
      if (has(each)) {
        (each == split ? lines : lines(file(each)))
            .forEach(line -> line.className.ifPresent(names::add));
      }
    }
    Path directory = root.map(SourceFiles::directory).orElseGet(file::getParent);
    return new FileImages(
        directory,
        lines.stream().map(line -> stat(directory, line, file)).toList(),
        List.copyOf(names));
  }

  private Path file(Split split) {
    Path list =
        split == Split.TRAIN
            ? train
            : test.orElseThrow(() -> new DataException("no list of test images"));
    if (root.isPresent()) {
      return SourceFiles.directory(root.get()).resolve(list);
    }
    Path absolute = list.toAbsolutePath();
    if (absolute.getParent() == null) {
      throw new DataException(absolute + " is no list of images");
    }
    return SourceFiles.directory(absolute.getParent()).resolve(absolute.getFileName());
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

  /** Asks the directory about a listed file, which has to exist. */
  private static FileImages.ImageFile stat(Path directory, Line line, Path list) {
    Path image = directory.resolve(line.path);
    try {
      return new FileImages.ImageFile(
          line.path, Files.readAttributes(image, BasicFileAttributes.class), line.className);
    } catch (IOException e) {
      throw new DataException(
          "cannot read " + image + ", which " + list + " lists: " + IoReasons.of(e), e);
    }
  }
}
