package dev.simclr.cli;

import dev.simclr.io.AtomicFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Puts runs side by side. */
@Command(
    name = "compare",
    description = {
      "Prints a table of runs: the settings in which they differ, and their results.",
      "Runs that are not finished show what they have reached."
    },
    mixinStandardHelpOptions = true)
final class CompareCommand implements Callable<Integer> {
  /** Where a run's files are, and how fast it goes, is not what it is compared by. */
  private static final Set<String> PLACES = Set.of("data.root", "data.cache");

  @Parameters(arity = "1..*", paramLabel = "RUN", description = "Run folders.")
  private List<Path> folders = List.of();

  @Option(
      names = "--figure",
      paramLabel = "FILE.png",
      description = "Draw accuracy (kNN where it was measured) over epochs.")
  private Optional<Path> figure = Optional.empty();

  @Option(names = "--overwrite", description = "Replace the figure if it exists.")
  private boolean overwrite;

  @Override
  public Integer call() {
    figure.ifPresent(this::checkFigure);
    List<RunReport> runs = folders.stream().map(RunReport::read).toList();
    table(runs).lines().forEach(System.out::println);
    if (figure.isPresent()) {
      AtomicFiles.write(figure.get(), AccuracyFigure.png(runs));
      System.out.println();
      System.out.println("figure       " + figure.get());
    }
    return ExitCode.OK.code();
  }

  private void checkFigure(Path file) {
    AccuracyFigure.requirePng(file);
    if (!overwrite && Files.exists(file)) {
      throw new ConfigException(file + " exists; choose another name, or give --overwrite");
    }
  }

  private static TextTable table(List<RunReport> runs) {
    List<String> keys = differing(runs);
    List<String> heading = new ArrayList<>(List.of("run"));
    heading.addAll(keys);
    heading.addAll(
        List.of(
            "epochs",
            "loss",
            "acc %",
            "z std",
            "RankMe h",
            "untrained",
            "kNN %",
            "linear %",
            "probe h %",
            "probe z %",
            "hours"));
    TextTable table = new TextTable(heading);
    for (RunReport run : runs) {
      List<String> row = new ArrayList<>(List.of(run.folder().toString()));
      keys.forEach(key -> row.add(run.settings().getOrDefault(key, "")));
      row.add(run.epochs() + "/" + run.config().train().epochs());
      row.add(text("%.4f", 1, run.train().map(t -> RunReport.number(t, "loss"))));
      row.add(text("%.1f", 100, run.train().map(t -> RunReport.number(t, "contrastive_accuracy"))));
      row.add(text("%.3f", 1, run.meters().map(m -> RunReport.number(m, "std"))));
      row.add(text("%.1f", 1, run.meters().map(m -> RunReport.number(m, "rankme_h"))));
      row.add(text("%.2f", 100, Optional.of(run.untrained("knn"))));
      row.add(text("%.2f", 100, Optional.of(run.last("knn"))));
      row.add(text("%.2f", 100, Optional.of(run.last("linear"))));
      row.add(text("%.2f", 100, Optional.of(run.last("probe_h"))));
      row.add(text("%.2f", 100, Optional.of(run.last("probe_z"))));
      row.add(text("%.2f", 1 / 3600.0, run.summary().map(s -> RunReport.number(s, "seconds"))));
      table.add(row);
    }
    return table;
  }

  private static String text(String format, double factor, Optional<OptionalDouble> value) {
    OptionalDouble number = value.orElse(OptionalDouble.empty());
    return number.isPresent()
        ? String.format(Locale.ROOT, format, factor * number.getAsDouble())
        : "-";
  }

  /** The keys that do not have the same value in all runs, sorted. */
  private static List<String> differing(List<RunReport> runs) {
    List<SortedMap<String, String>> settings = runs.stream().map(RunReport::settings).toList();
    Set<String> all = new TreeSet<>();
    settings.stream().map(Map::keySet).forEach(all::addAll);
    return all.stream()
        .filter(key -> !PLACES.contains(key))
        .filter(key -> {
          Set<String> values = new HashSet<>();
          settings.forEach(s -> values.add(s.getOrDefault(key, "")));
          return values.size() > 1;
        })
        .toList();
  }
}
