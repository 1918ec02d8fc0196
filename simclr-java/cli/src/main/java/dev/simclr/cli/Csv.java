package dev.simclr.cli;

import java.util.List;
import java.util.stream.Collectors;

/** Comma-separated values as RFC 4180 defines them, with line feeds. */
final class Csv {
  private Csv() {}

  /** Returns a line, with its end; a value with a comma, quote or line end is quoted. */
  static String line(List<?> values) {
    return values.stream()
        .map(value -> quoted(value.toString()))
        .collect(Collectors.joining(",", "", "\n"));
  }

  private static String quoted(String value) {
    boolean plain = value.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? value : '"' + value.replace("\"", "\"\"") + '"';
  }
}
