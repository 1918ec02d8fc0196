package dev.simclr.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A table in plain text: the first column to the left, all others to the right. */
final class TextTable {
  private final List<List<String>> rows = new ArrayList<>();

  TextTable(List<String> heading) {
    rows.add(heading);
  }

  /** Adds a row with as many cells as the heading has. */
  void add(List<String> cells) {
    if (cells.size() != rows.getFirst().size()) {
      throw new IllegalArgumentException(
          "a row has " + cells.size() + " cells; allowed: " + rows.getFirst().size());
    }
    rows.add(cells);
  }

  /** Returns the lines, the heading first. */
  List<String> lines() {
    int[] widths =
        IntStream.range(0, rows.getFirst().size())
            .map(column -> rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0))
            .toArray();
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private static String line(List<String> row, int[] widths) {
    return IntStream.range(0, row.size())
        .mapToObj(column -> {
          String padding = " ".repeat(widths[column] - row.get(column).length());
          return column == 0 ? row.get(column) + padding : padding + row.get(column);
        })
        .collect(Collectors.joining("  "))
        .stripTrailing();
  }
}
