package dev.simclr.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What lies below a directory, byte for byte. */
public final class FileTree {
  private FileTree() {}

  /** Returns relative paths and the content of each file in hexadecimal, "/" for a directory. */
  public static SortedMap<String, String> of(Path root) throws IOException {
    SortedMap<String, String> found = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        found.put(
            root.relativize(path).toString(),
            Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                ? "/"
                : HexFormat.of().formatHex(Files.readAllBytes(path)));
      }
    }
    return found;
  }
}
