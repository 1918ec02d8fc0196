package dev.simclr.testing;

import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the files under {@code tests/fixtures}, whatever directory the tests run in. */
public final class Fixtures {

  private Fixtures() {}

  /** Returns the path of a fixture, for example {@code "resnet/resnet18.safetensors"}. */
  public static Path path(String name) {
    // Surefire sets basedir to the module; an IDE may start in the module or above it.
    Path base = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    for (Path root : new Path[] {base, base.resolve("tests")}) {
      Path candidate = root.resolve("fixtures").resolve(name);
      if (Files.exists(candidate)) {
        return candidate;
      }
    }
    throw new IllegalStateException("no fixture " + name + " under " + base);
  }
}
