package dev.simclr.cli;

import static dev.simclr.cli.CliRunner.simclr;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.cli.CliRunner.Outcome;
import dev.simclr.testing.Repository;
import dev.simclr.testing.TinyFolder;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.MappingIterator;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvSchema;

/**
 * The studies of docs/findings.md can be run as they are, and have the runs of their tables; what
 * it says was measured here is in those tables.
 */
final class FindingsTest {
  private static final Path STUDIES = Repository.path("docs/findings");

  /** Columns of the studies' tables, by what follows "here:" at the head of a column of figures. */
  private static final Map<String, List<String>> MEASURES =
      Map.of(
          "kNN", List.of("knn", "untrained_knn"),
          "linear", List.of("linear", "untrained_linear"),
          "h", List.of("probe_h"),
          "z", List.of("probe_z"),
          "contrastive", List.of("contrastive_accuracy"),
          "top-1", List.of("top1"));

  /** What tells runs apart that are not repetitions of each other; few labels have no name. */
  private static final List<String> SETTINGS =
      List.of("name", "per_class", "start", "strength", "epochs", "lr", "tested_on");

  private static final Pattern HERE = Pattern.compile("here: ([\\w-]+).*");
  private static final Pattern STUDY = Pattern.compile("`(\\w+)\\.(?:yaml|py)\\b");
  private static final Pattern FIGURE = Pattern.compile("\\d+\\.\\d+");

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

  /** Sections with tables, each a title and a text. */
  static List<Arguments> sections() throws IOException {
    String[] parts = Files.readString(Repository.path("docs/findings.md")).split("\n## ");
    return Stream.of(parts)
        .skip(1)
        .filter(text -> text.contains("\n|"))
        .map(text -> Arguments.of(text.lines().findFirst().orElseThrow(), text))
        .toList();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("sections")
  void hasTheFiguresOfItsTable(String title, String text) throws IOException {
    List<Map<String, String>> rows = new ArrayList<>();
    for (String study : STUDY.matcher(text).results().map(m -> m.group(1)).distinct().toList()) {
      rows.addAll(rows(STUDIES.resolve(study + ".csv")));
    }
    List<String[]> table =
        text.lines().filter(line -> line.startsWith("|")).map(line -> line.split("\\|")).toList();
    int checked = 0;
    for (int column = 0; column < table.getFirst().length; column++) {
      Matcher head = HERE.matcher(table.getFirst()[column].strip());
      if (!head.matches()) {
        continue;
      }
      assertTrue(MEASURES.containsKey(head.group(1)), head.group(1) + " is none of " + MEASURES);
      Set<String> measured = figures(rows, MEASURES.get(head.group(1)));
      // Below the head and the line under it.
      for (String[] cells : table.subList(2, table.size())) {
        for (String figure :
            FIGURE.matcher(cells[column]).results().map(MatchResult::group).toList()) {
          assertTrue(measured.contains(figure), figure + " is none of " + measured);
          checked++;
        }
      }
    }
    assertTrue(checked > 1, "no figures measured here in " + title);
  }

  /** Values, and means of the first repetitions of a run, in per cent with one decimal. */
  private static Set<String> figures(List<Map<String, String>> rows, List<String> columns) {
    Set<String> figures = new TreeSet<>();
    for (String column : columns) {
      Map<String, List<BigDecimal>> repetitions = new TreeMap<>();
      for (Map<String, String> row : rows) {
        String value = row.getOrDefault(column, "");
        if (!value.isEmpty()) {
          figures.add(mean(List.of(new BigDecimal(value))));
          repetitions.computeIfAbsent(run(row), _ -> new ArrayList<>()).add(new BigDecimal(value));
        }
      }
      for (List<BigDecimal> values : repetitions.values()) {
        for (int count = 2; count <= values.size(); count++) {
          figures.add(mean(values.subList(0, count)));
        }
      }
    }
    return figures;
  }

  private static String run(Map<String, String> row) {
    // What was tested has the learning rate that was chosen for its subset of the labels.
    boolean chosen = row.getOrDefault("tested_on", "").equals("test");
    return SETTINGS.stream()
        .filter(setting -> !chosen || !setting.equals("lr"))
        .map(setting -> row.getOrDefault(setting, ""))
        .collect(Collectors.joining(" "))
        .replaceFirst("train\\.seed=\\d+", "");
  }

  private static String mean(List<BigDecimal> shares) {
    return shares.stream()
        .reduce(BigDecimal.ZERO, BigDecimal::add)
        .movePointRight(2)
        .divide(BigDecimal.valueOf(shares.size()), 1, RoundingMode.HALF_UP)
        .toPlainString();
  }

  private static List<Map<String, String>> rows(Path csv) throws IOException {
    try (MappingIterator<Map<String, String>> rows =
        new CsvMapper()
            .readerForMapOf(String.class)
            .with(CsvSchema.emptySchema().withHeader())
            .readValues(Files.readString(csv))) {
      return rows.readAll();
    }
  }
}
