package dev.simclr.cli;

import dev.simclr.eval.Accuracy;
import dev.simclr.eval.KnnSweep;
import dev.simclr.io.AtomicFiles;
import dev.simclr.train.EvalConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Evaluates a trained encoder with weighted kNN classifiers. */
@Command(
    name = "knn",
    description = {
      "Evaluates a trained encoder by the labels of nearest neighbours.",
      "A test image gets the class for which its nearest training images vote: eval.knn_k of them,"
          + " 200 by default, each with weight exp(cosine / eval.knn_t). With lists of settings all"
          + " combinations are tested."
    },
    mixinStandardHelpOptions = true)
final class KnnCommand implements Callable<Integer> {
  @Mixin private Evaluating evaluating = new Evaluating();

  @Option(
      names = "--k",
      paramLabel = "K",
      split = ",",
      description = "Numbers of neighbours, such as 1,10,200.")
  private List<Integer> ks = List.of();

  @Option(
      names = "--t",
      paramLabel = "T",
      split = ",",
      description = "Temperatures, such as 0.07,0.1; the Euclidean distance has none.")
  private List<Double> temperatures = List.of();

  @Option(
      names = "--distance",
      paramLabel = "D",
      split = ",",
      description =
          "cosine (the default), euclidean, with which a neighbour at distance d votes with weight"
              + " 1 / d, or both.")
  private List<KnnSweep.Distance> distances = List.of(KnnSweep.Distance.COSINE);

  @Option(
      names = "--features",
      paramLabel = "F",
      defaultValue = "h",
      description =
          "h (the default), what the encoder gives; z, what the whole projection head gives; or a"
              + " number of layers of the head. For a head, ENCODER is a run folder.")
  private String features;

  @Option(
      names = "--csv",
      paramLabel = "FILE",
      description = "Write the table to this file too, which must not exist.")
  private Optional<Path> csv = Optional.empty();

  /** What the file gets. */
  private String table = "";

  @Override
  public Integer call() {
    HeadLayer layer = HeadLayer.parse("--features", features);
    csv.filter(Files::exists)
        .ifPresent(file -> {
          throw new ConfigException(file + " exists; choose another name");
        });
    requireRange("--k", ks, k -> k >= 1, "1 or more");
    requireRange("--t", temperatures, t -> t > 0 && !t.isInfinite(), "finite, above 0");
    if (!temperatures.isEmpty() && !distances.contains(KnnSweep.Distance.COSINE)) {
      throw new ConfigException("--t belongs to --distance cosine");
    }
    ExitCode code =
        evaluating.run(
            "kNN",
            (resolved, train) -> layer.requireHead(resolved),
            inputs -> measure(inputs, layer));
    // Last: where the file cannot be written, the results have been printed.
    csv.ifPresent(file -> AtomicFiles.write(file, table));
    return code.code();
  }

  private static <T> void requireRange(
      String option, List<T> values, Predicate<T> allowed, String range) {
    values.stream()
        .filter(allowed.negate())
        .findFirst()
        .ifPresent(value -> {
          throw new ConfigException(option + " is " + value + "; allowed: " + range);
        });
  }

  private Evaluating.Measured measure(Evaluating.Inputs inputs, HeadLayer layer) {
    EvalConfig eval = inputs.resolved().config().eval();
    LabelledFeatures h = inputs.features();
    LabelledFeatures data = layer.apply(inputs.resolved(), h);
    List<KnnSweep.Row> rows =
        KnnSweep.run(
            data.train(),
            data.trainLabels(),
            data.test(),
            data.testLabels(),
            distances,
            ks.isEmpty() ? List.of(eval.knnK()) : ks,
            temperatures.isEmpty() ? List.of(eval.knnT()) : temperatures);
    int most = data.trainLabels().length;
    table = csv(rows, most);
    Map<String, Object> facts = new LinkedHashMap<>();
    List<String> lines = new ArrayList<>();
    Optional<Accuracy> only = Optional.empty();
    if (!layer.isEncoder()) {
      facts.put("features", features);
      facts.put("feature_dim", data.train().size(1));
    }
    if (rows.size() == 1) {
      KnnSweep.Row row = rows.getFirst();
      only = Optional.of(row.accuracy());
      facts.putAll(facts(row, most));
      facts.remove("top1");
      facts.remove("top5");
      lines.add(describe(row, most));
    } else {
      facts.put("results", rows.stream().map(row -> facts(row, most)).toList());
      for (KnnSweep.Row row : rows) {
        lines.add(Evaluating.describe(row.accuracy(), data.classes()) + "  " + describe(row, most));
      }
    }
    if (!layer.isEncoder()) {
      lines.add("of --features " + features + ", " + Plural.of(data.train().size(1), "number"));
    }
    return new Evaluating.Measured(only, Optional.empty(), facts, lines);
  }

  private static String describe(KnnSweep.Row row, int most) {
    String text = Plural.of(Math.min(row.k(), most), "neighbour");
    return row.temperature().isPresent()
        ? text + ", temperature " + row.temperature().getAsDouble()
        : text + ", " + row.distance();
  }

  private static Map<String, Object> facts(KnnSweep.Row row, int most) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("distance", row.distance().toString());
    facts.put("k", Math.min(row.k(), most));
    row.temperature().ifPresent(t -> facts.put("temperature", t));
    facts.put("top1", row.accuracy().top1());
    facts.put("top5", row.accuracy().top5());
    return facts;
  }

  private static String csv(List<KnnSweep.Row> rows, int most) {
    StringBuilder text =
        new StringBuilder(Csv.line(List.of("distance", "k", "temperature", "top1", "top5")));
    for (KnnSweep.Row row : rows) {
      text.append(
          Csv.line(
              List.of(
                  row.distance(),
                  Math.min(row.k(), most),
                  row.temperature().isPresent()
                      ? String.valueOf(row.temperature().getAsDouble())
                      : "",
                  row.accuracy().top1(),
                  row.accuracy().top5())));
    }
    return text.toString();
  }
}
