package dev.simclr.cli;

import dev.simclr.data.DataException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Finds image files. */
final class ImageFiles {
  private ImageFiles() {}

  /**
   * Lists files in the order given; those of a folder in the order of their paths. Of a folder,
   * files that end in .jpg, .jpeg or .png in any case are taken, and names that begin with a dot
   * are not; links are followed.
   *
   * @throws DataException naming a path that is not there or cannot be read, or a folder without
   *     images
   */
  static List<Path> find(List<Path> paths) {
    List<Path> files = new ArrayList<>();
    for (Path path : paths) {
      if (Files.isDirectory(path)) {
        files.addAll(within(path));
      } else if (Files.exists(path)) {
        files.add(path);
      } else {
        throw new DataException("there is no file or folder " + path);
      }
    }
    return files;
  }

  private static List<Path> within(Path folder) {
    try (Stream<Path> walk = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      List<Path> files =
          walk.filter(file -> isImage(folder, file) && !Files.isDirectory(file)).sorted().toList();
      if (files.isEmpty()) {
        throw new DataException("no JPEG or PNG images under " + folder);
      }
      return files;
    } catch (UncheckedIOException e) {
      throw new DataException("cannot read " + folder + ": " + e.getCause().getMessage(), e);
    } catch (IOException e) {
      throw new DataException("cannot read " + folder + ": " + e.getMessage(), e);
    }
  }

  private static boolean isImage(Path folder, Path file) {
    for (Path part : folder.relativize(file)) {
      if (part.toString().startsWith(".")) {
        return false;
      }
    }
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".jpg") || name.endsWith(".jpeg") || name.endsWith(".png");
  }
}
