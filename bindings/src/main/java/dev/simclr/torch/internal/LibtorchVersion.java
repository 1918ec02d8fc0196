package dev.simclr.torch.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a libtorch's version from its files, without loading it: a wheel has {@code version.py},
 * the zip distribution has {@code build-version}, and whatever keeps its headers has {@code
 * version.h}.
 */
final class LibtorchVersion {

  private record Source(String file, Pattern pattern) {}

  private static final List<Source> SOURCES =
      List.of(
          new Source("version.py", Pattern.compile("__version__\\s*=\\s*['\"]([^'\"]+)['\"]")),
          new Source("build-version", Pattern.compile("^\\s*(\\S+)")),
          new Source(
              "include/torch/headeronly/version.h",
              Pattern.compile("#define TORCH_VERSION\\s+(?:\\\\\\s+)?\"([^\"]+)\"")),
          new Source(
              "include/torch/csrc/api/include/torch/version.h",
              Pattern.compile("#define TORCH_VERSION\\s+(?:\\\\\\s+)?\"([^\"]+)\"")));

  private LibtorchVersion() {}

  /**
   * Returns the version, for example {@code 2.13.0+cpu}, or empty if no file tells it.
   *
   * @throws IOException if a file is there but cannot be read
   */
  static Optional<String> read(Path libtorch) throws IOException {
    for (Source source : SOURCES) {
      Path file = libtorch.resolve(source.file());
      if (Files.isRegularFile(file)) {
        Matcher matcher = source.pattern().matcher(Files.readString(file));
        if (matcher.find()) {
          return Optional.of(matcher.group(1));
        }
      }
    }
    return Optional.empty();
  }

  /** Returns whether both name the same release, whatever follows a plus sign. */
  static boolean sameRelease(String a, String b) {
    return release(a).equals(release(b));
  }

  /** Returns the version without its local part: {@code 2.13.0+cpu} becomes {@code 2.13.0}. */
  static String release(String version) {
    int plus = version.indexOf('+');
    return plus < 0 ? version : version.substring(0, plus);
  }

  /** Returns the names of the files that are looked at, for error messages. */
  static String sources() {
    return String.join(", ", SOURCES.stream().map(Source::file).toList());
  }
}
