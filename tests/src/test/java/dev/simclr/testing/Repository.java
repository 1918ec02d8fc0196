package dev.simclr.testing;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the files of the source tree, whatever directory the tests run in. */
public final class Repository {

  private Repository() {}

  /** Returns the path of a file or directory, for example {@code "native/include/sct"}. */
  public static Path path(String name) {
    // Surefire sets basedir to the module; an IDE may start in the module or above it.
    Path base = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    for (Path root = base; root != null; root = root.getParent()) {
      if (Files.isRegularFile(root.resolve("CMakeLists.txt"))
          && Files.isDirectory(root.resolve("bindings"))) {
        return root.resolve(name);
      }
    }
    throw new IllegalStateException("no source tree at or above " + base);
  }
}
