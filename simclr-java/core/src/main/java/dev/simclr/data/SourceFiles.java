package dev.simclr.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What the sources that read files have in common. */
final class SourceFiles {
  private SourceFiles() {}

  /**
   * The real path of a directory.
   *
   * @throws DataException if it does not exist or is something else
   */
  static Path directory(Path path) {
    if (!Files.exists(path)) {
      throw new DataException("no such directory: " + path.toAbsolutePath());
    }
    if (!Files.isDirectory(path)) {
      throw new DataException("not a directory: " + path.toAbsolutePath());
    }
    try {
      return path.toRealPath();
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }

  static DataException unreadable(Path path, IOException e) {
    return new DataException("cannot read " + path + ": " + IoReasons.of(e), e);
  }

  /** Adds what changes when a file's content does: its name, length and time of modification. */
  static void addStamp(Sha256 digest, String name, BasicFileAttributes attributes) {
    digest
        .add(name)
        .add(attributes.size())
        .add(attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS));
  }

  static void addStamp(Sha256 digest, Path file) {
    try {
      addStamp(digest, file.toString(), Files.readAttributes(file, BasicFileAttributes.class));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * The lines of a file with one class name each.
   *
   * @throws DataException if there are not exactly {@code count}
   */
  static List<String> classNames(Path file, int count) {
    List<String> names;
    try (var lines = Files.lines(file)) {
      names = lines.map(String::strip).filter(line -> !line.isEmpty()).toList();
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (UncheckedIOException e) {
      throw unreadable(file, e.getCause());
    }
    if (names.size() != count) {
      throw new DataException(file + " has " + names.size() + " class names, expected " + count);
    }
    return names;
  }
}
