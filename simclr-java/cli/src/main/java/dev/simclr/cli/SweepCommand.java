package dev.simclr.cli;

import dev.simclr.io.AtomicFiles;
import dev.simclr.train.NonFiniteLossException;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.PretrainResult;
import dev.simclr.train.RunFolder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** Runs the runs of a study, one after another. */
@Command(
    name = "sweep",
    description = {
      "Pretrains with all combinations of what a sweep varies, one run after another.",
      "Each finished run adds a row to results.csv in --out. Started again, the sweep skips the"
          + " runs that have a row, and goes on with the one that was stopped.",
      "Without a sweep, lists those in the jar."
    },
    mixinStandardHelpOptions = true)
final class SweepCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "SWEEP",
      description = "A YAML file, or the name of a sweep in the jar.")
  private Optional<String> sweep = Optional.empty();

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "KEY=VALUE",
      description = "Single settings for all runs, such as data.root=DIR.")
  private List<String> overrides = List.of();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where results.csv and the run folders are; by default sweeps/<name>.")
  private Optional<Path> out = Optional.empty();

  @Option(names = "--dry-run", description = "List the runs, and which of them are done.")
  private boolean dryRun;

  @Option(
      names = "--figure",
      paramLabel = "FILE.png",
      description = "Draw the mean kNN accuracies; an older figure of that name is replaced.")
  private Optional<Path> figure = Optional.empty();

  @Option(names = "--print", description = "Print the sweep's YAML.")
  private boolean print;

  @Option(names = "--quiet", description = "Print a line for each run only.")
  private boolean quiet;

  @Override
  public Integer call() {
    figure.ifPresent(AccuracyFigure::requirePng);
    if (sweep.isEmpty()) {
      Sweeps.NAMES.forEach(n -> System.out.printf("%-20s %s%n", n, Sweeps.description(n)));
      System.out.println();
      System.out.println("simclr sweep NAME runs one, with --print it prints it");
      return ExitCode.OK.code();
    }
    if (print) {
      System.out.print(Sweeps.text(sweep.get()));
      return ExitCode.OK.code();
    }
    ObjectNode yaml = YamlTree.parse(Sweeps.text(sweep.get()), "sweep " + sweep.get());
    List<Sweep.Point> points = Sweep.of(yaml, "sweep " + sweep.get(), overrides).points();
    requireDifferent(points);
    Path folder = out.orElseGet(() -> Path.of("sweeps", Sweeps.plainName(sweep.get())));
    SweepResults results = SweepResults.open(folder.resolve("results.csv"));
    if (dryRun) {
      points.forEach(point ->
          System.out.println(
              (results.has(hash(point.config())) ? "done    " : "to do   ") + point.name()));
      return ExitCode.OK.code();
    }
    for (int i = 0; i < points.size(); i++) {
      String title = "[" + (i + 1) + "/" + points.size() + "] " + points.get(i).name();
      String hash = hash(points.get(i).config());
      if (results.has(hash)) {
        System.out.println(title + ": done before");
        continue;
      }
      System.out.println(title);
      if (!run(points.get(i), hash, folder.resolve("run-" + hash), results)) {
        System.out.println("stopped; the same command goes on");
        return ExitCode.STOPPED.code();
      }
    }
    SweepSummary summary =
        SweepSummary.of(points.stream().map(p -> results.row(hash(p.config()))).toList());
    System.out.println();
    summary.table().lines().forEach(System.out::println);
    System.out.println();
    System.out.println("results      " + folder.resolve("results.csv"));
    if (figure.isPresent()) {
      AtomicFiles.write(figure.get(), summary.png());
      System.out.println("figure       " + figure.get());
    }
    return ExitCode.OK.code();
  }

  /** The second of two equal runs would be taken for done. */
  private static void requireDifferent(List<Sweep.Point> points) {
    Map<String, String> names = new HashMap<>();
    for (Sweep.Point point : points) {
      String other = names.put(hash(point.config()), point.name());
      if (other != null) {
        throw new ConfigException(
            "the runs "
                + other
                + " and "
                + point.name()
                + " are the same; data.root and data.cache alone make no other run");
      }
    }
  }

  /** Runs one run to its end and returns true, or false if it was stopped before. */
  private boolean run(Sweep.Point point, String hash, Path folder, SweepResults results) {
    RunFolder.Mode mode = RunFolder.holdsRun(folder) ? RunFolder.Mode.RESUME : RunFolder.Mode.NEW;
    Map<String, String> row = new LinkedHashMap<>();
    row.put("hash", hash);
    row.put("name", point.name());
    row.put("seed", Long.toString(point.config().train().seed()));
    try {
      PretrainResult result =
          Pretraining.train(
              point.config(), folder, mode, Optional.empty(), true, Console.standard(quiet));
      if (!result.finished()) {
        return false;
      }
      row.put("status", "finished");
      row.putAll(results(RunReport.read(folder)));
    } catch (NonFiniteLossException e) {
      // A result too: this combination diverges. The others are not to blame.
      System.out.println("diverged: " + e.getMessage());
      row.put("status", "diverged");
    }
    row.put("machine", Machine.describe());
    row.put("finished", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    results.add(row);
    return true;
  }

  private static Map<String, String> results(RunReport run) {
    Map<String, String> row = new LinkedHashMap<>();
    row.put("epochs", Integer.toString(run.epochs()));
    put(row, "untrained_knn", run.untrained("knn"));
    put(row, "knn", run.last("knn"));
    put(row, "untrained_linear", run.untrained("linear"));
    put(row, "linear", run.last("linear"));
    put(row, "probe_h", run.last("probe_h"));
    put(row, "probe_z", run.last("probe_z"));
    run.train()
        .ifPresent(line -> {
          row.put("steps", line.path("step").asString());
          put(row, "loss", RunReport.number(line, "loss"));
          put(row, "contrastive_accuracy", RunReport.number(line, "contrastive_accuracy"));
        });
    run.meters()
        .ifPresent(line ->
            List.of("std", "rankme_z", "rankme_h", "alignment", "uniformity")
                .forEach(key -> put(row, key, RunReport.number(line, key))));
    run.summary()
        .ifPresent(summary -> {
          put(row, "seconds", RunReport.number(summary, "seconds"));
          List.of("precision", "device", "libtorch")
              .forEach(key -> row.put(key, summary.path(key).asString("")));
        });
    return row;
  }

  private static void put(Map<String, String> row, String key, OptionalDouble value) {
    value.ifPresent(number -> row.put(key, Double.toString(number)));
  }

  /** The resolved configuration without where published files lie, as 12 hexadecimal digits. */
  static String hash(PretrainConfig config) {
    SortedMap<String, String> settings = ConfigLoader.entries(config);
    boolean fixed =
        switch (config.data().source()) {
          case CIFAR10, CIFAR100, STL10, FASHION_MNIST, EMBEDDED -> true;
          // Elsewhere the place says which images are meant.
          case FOLDER, LIST, IMAGENET -> false;
        };
    if (fixed) {
      settings.remove("data.root");
    }
    settings.remove("data.cache");
    // Keys that came later count where they change something, so that older rows stay done.
    settings.remove("loss.labels", "image");
    settings.remove("loss.queue", "0");
    if (config.train().hasShuffledChunks()) {
      // Views of an image could share a chunk before.
      settings.put("train.chunk_bn", "shuffled-apart");
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(settings.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
