package dev.simclr.data;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The image files below a folder.
 *
 * @param files images by the bytes of their paths, relative to the folder
 * @param classes names of the first-level folders that have images
 * @param flat whether an image lies at the top level
 * @param ignored number of other files
 */
record ImageFolderScan(List<Entry> files, Set<String> classes, boolean flat, int ignored) {
  private static final Pattern IMAGE = Pattern.compile(".+\\.(jpe?g|png)");

  /** An image file, relative to the folder, and what the directory says about it. */
  record Entry(Path path, BasicFileAttributes attributes) {
    /** The first-level folder of a file that does not lie at the top level. */
    String className() {
      return path.getName(0).toString();
    }
  }

  static ImageFolderScan of(Path folder) {
    Visitor visitor = new Visitor(folder, false);
    visitor.walk(folder);
    visitor.files.sort(Comparator.comparing(Entry::path));
    Set<String> classes = new HashSet<>();
    boolean flat = false;
    for (Entry file : visitor.files) {
      if (file.path().getNameCount() == 1) {
        flat = true;
      } else {
        classes.add(file.className());
      }
    }
    return new ImageFolderScan(visitor.files, classes, flat, visitor.ignored);
  }

  /**
   * The first-level folders below {@code folder} that have an image, without those in {@code
   * known}, each searched only up to its first image.
   */
  static Set<String> classesOf(Path folder, Set<String> known) {
    Set<String> classes = new HashSet<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (!name.startsWith(".") && !known.contains(name) && Files.isDirectory(entry)) {
          Visitor visitor = new Visitor(folder, true);
          visitor.walk(entry);
          if (!visitor.files.isEmpty()) {
            classes.add(name);
          }
        }
      }
    } catch (DirectoryIteratorException e) {
      throw SourceFiles.unreadable(folder, e.getCause());
    } catch (IOException e) {
      throw SourceFiles.unreadable(folder, e);
    }
    return classes;
  }

  private static boolean hidden(Path path) {
    return path.getFileName().toString().startsWith(".");
  }

  private static final class Visitor extends SimpleFileVisitor<Path> {
    private final Path root;
    private final boolean firstOnly;
    private final List<Entry> files = new ArrayList<>();
    private int ignored;

    Visitor(Path root, boolean firstOnly) {
      this.root = root;
      this.firstOnly = firstOnly;
    }

    void walk(Path start) {
      try {
        Files.walkFileTree(
            start, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, this);
      } catch (FileSystemLoopException e) {
        throw new DataException(e.getFile() + " is a link to a folder that contains it", e);
      } catch (IOException e) {
        throw SourceFiles.unreadable(start, e);
      }
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
      return !directory.equals(root) && hidden(directory)
          ? FileVisitResult.SKIP_SUBTREE
          : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (hidden(file)) {
        return FileVisitResult.CONTINUE;
      }
      String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
      if (!IMAGE.matcher(name).matches()) {
        ignored++;
        return FileVisitResult.CONTINUE;
      }
      files.add(new Entry(root.relativize(file), attributes));
      return firstOnly ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (e instanceof FileSystemLoopException) {
        throw e;
      }
      throw SourceFiles.unreadable(file, e);
    }
  }
}
