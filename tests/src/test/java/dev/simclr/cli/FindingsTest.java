package dev.simclr.cli;

import static dev.simclr.cli.CliRunner.simclr;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.cli.CliRunner.Outcome;
import dev.simclr.testing.Repository;
import dev.simclr.testing.TinyFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The studies of docs/findings.md can be run as they are, and have the runs of their tables. */
final class FindingsTest {
  private static final Path STUDIES = Repository.path("docs/findings");

  @TempDir static Path dir;
  private static Path images;

  @BeforeAll
  static void images() throws IOException {
    images = TinyFolder.write(dir.resolve("images"), 20, 8);
  }

  static List<String> studies() throws IOException {
    try (Stream<Path> files = Files.list(STUDIES)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".yaml"))
          .map(f -> f.substring(0, f.length() - ".yaml".length()))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("studies")
  void hasTheRunsOfItsTable(String study) throws IOException {
    Outcome outcome =
        simclr(
            "sweep",
            STUDIES.resolve(study + ".yaml"),
            "data.source=folder",
            "data.root=" + images,
            "--dry-run",
            "--out",
            dir.resolve(study));
    assertEquals(0, outcome.code(), outcome.err());
    List<String> runs = outcome.out().lines().map(l -> l.replaceFirst("^to do +", "")).toList();
    List<String> rows = Files.readAllLines(STUDIES.resolve(study + ".csv"));
    assertTrue(rows.size() > 1, "no results of " + study);
    for (String row : rows.subList(1, rows.size())) {
      String name = row.split(",")[1].replace("\"", "");
      assertTrue(runs.contains(name), () -> name + " is none of " + runs);
    }
  }
}
