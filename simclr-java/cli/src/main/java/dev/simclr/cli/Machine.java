package dev.simclr.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The computer, in a few words for tables of results. */
final class Machine {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private Machine() {}

  /** The name of the processor and how many of its cores there are. */
  static String describe() {
    return model() + ", " + Runtime.getRuntime().availableProcessors() + " cores";
  }

  private static String model() {
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown processor");
    } catch (IOException e) {
      return "unknown processor (" + CPU_INFO + " cannot be read)";
    }
  }
}
