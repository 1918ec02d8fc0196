package dev.simclr.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The sweeps in the jar, and those in files. */
final class Sweeps {
  /** All names in the jar, in the order in which they are listed. */
  static final List<String> NAMES =
      List.of("composition", "batch-epochs", "head", "temperature", "color-strength");

  private Sweeps() {}

  /** The text of a sweep in the jar, or of a file. */
  static String text(String nameOrFile) {
    if (NAMES.contains(nameOrFile)) {
      return Resources.text("sweeps/" + nameOrFile + ".yaml");
    }
    Path file = Path.of(nameOrFile);
    if (!Files.isRegularFile(file)) {
      String hint =
          NearestName.of(nameOrFile, NAMES).map(n -> "; did you mean " + n + "?").orElse("");
      throw new ConfigException(
          nameOrFile
              + " is no file, and no sweep in the jar"
              + hint
              + " (simclr sweep lists them)");
    }
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new ConfigException("cannot read " + file + ": " + e, e);
    }
  }

  /** The name of a sweep without folders and ending. */
  static String plainName(String nameOrFile) {
    String name = String.valueOf(Path.of(nameOrFile).getFileName());
    return name.replaceFirst("\\.ya?ml$", "");
  }

  /** The first comment line. */
  static String description(String name) {
    return text(name).lines().findFirst().orElse("").replaceFirst("^#\\s*", "");
  }
}
