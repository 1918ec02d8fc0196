package dev.simclr.cli;

import dev.simclr.data.ImageLabels;
import dev.simclr.eval.Accuracy;
import dev.simclr.eval.ClassificationReport;
import dev.simclr.torch.TensorScope;
import dev.simclr.train.DataListing;
import dev.simclr.train.ListedData;
import dev.simclr.train.RunData;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.json.JsonMapper;

/** The evaluation of a trained encoder with labels, as commands share it. */
final class Evaluating {
  private static final int TOP = 5;

  @Mixin private EncoderArguments arguments = new EncoderArguments();

  @Option(
      names = "--json",
      description = "Print one JSON object to standard output, and all else to standard error.")
  private boolean json;

  /** Trains and tests a classifier. */
  interface Work {
    Measured measure(Inputs inputs);
  }

  /**
   * How good a classifier is.
   *
   * @param accuracy of one classifier; absent where several were tested, which the lines list
   * @param report the details, where there are such
   * @param facts what else there is to say of it, for the JSON object
   * @param lines the same for people
   */
  record Measured(
      Optional<Accuracy> accuracy,
      Optional<ClassificationReport> report,
      Map<String, Object> facts,
      List<String> lines) {
    /** One classifier with all details. */
    static Measured of(ClassificationReport report, Map<String, Object> facts, String line) {
      return new Measured(
          Optional.of(report.accuracy()), Optional.of(report), facts, List.of(line));
    }
  }

  /**
   * What is evaluated, and on what.
   *
   * @param result the JSON object so far
   */
  record Inputs(
      EncoderArguments.Resolved resolved,
      RunData data,
      Console console,
      Map<String, Object> result) {

    /** Number of classes. */
    int classes() {
      return data.train().classNames().size();
    }

    /** Computes features; the encoder is gone afterwards, and with it its threads. */
    LabelledFeatures features() {
      try (EncoderSession session = new EncoderSession(resolved)) {
        session.describe(console);
        result.put("encoder", resolved.place().toString());
        result.put("feature_dim", session.encoder().featureDim());
        describeData();
        console.status("computing features");
        return LabelledFeatures.of(data, session.encoder());
      }
    }

    /** Prints what the images are. */
    void describeData() {
      int test = data.test().orElseThrow().size();
      result.put("data_source", resolved.config().data().source().toString());
      result.put("train_images", data.train().size());
      result.put("test_images", test);
      result.put("classes", classes());
      console.fact(
          "data",
          resolved.config().data().source()
              + ": "
              + Plural.images(data.train().size(), test, classes()));
    }
  }

  /**
   * Evaluates.
   *
   * @param name what is evaluated, as results and messages call it
   * @param precheck comes first
   */
  ExitCode run(String name, Precheck precheck, Work work) {
    return run(name, EncoderArguments.NOTHING_ELSE, precheck, work, (report, result) -> {});
  }

  /** Refuses what can be refused before any image is read. */
  interface Precheck {
    void check(EncoderArguments.Resolved resolved, ImageLabels train);
  }

  /** Keeps results. */
  interface Results {
    void write(ClassificationReport report, Map<String, Object> result);
  }

  /**
   * Evaluates, and keeps the results of a classifier that has a report.
   *
   * @param alsoUsed settings that have an effect besides those that always do
   */
  ExitCode run(String name, Pattern alsoUsed, Precheck precheck, Work work, Results results) {
    EncoderArguments.Resolved resolved = arguments.resolve(alsoUsed);
    long start = System.nanoTime();
    Console console = json ? new Console(System.err, false, false) : Console.standard(false);
    try (var _ = LogLines.install(console);
        RunData data = open(resolved, name, precheck, console);
        var _ = TensorScope.open()) {
      Map<String, Object> result = new LinkedHashMap<>();
      Inputs inputs = new Inputs(resolved, data, console, result);
      Measured measured = work.measure(inputs);
      result.putAll(measured.facts());
      measured.accuracy().ifPresent(accuracy -> result.putAll(facts(accuracy, inputs.classes())));
      double seconds = (System.nanoTime() - start) * 1e-9;
      result.put("seconds", seconds);
      measured
          .report()
          .ifPresent(report -> {
            result.putAll(Reports.facts(report));
            results.write(report, result);
          });
      if (json) {
        System.out.println(JsonMapper.shared().writeValueAsString(result));
      } else {
        measured
            .accuracy()
            .ifPresent(accuracy -> console.fact(name, describe(accuracy, inputs.classes())));
        for (int i = 0; i < measured.lines().size(); i++) {
          boolean named = i == 0 && measured.accuracy().isEmpty();
          console.fact(named ? name : "", measured.lines().get(i));
        }
        measured.report().ifPresent(report -> Reports.print(report, console));
        console.fact("time", String.format(Locale.ROOT, "%.1f s", seconds));
      }
    }
    return ExitCode.OK;
  }

  private static RunData open(
      EncoderArguments.Resolved resolved, String name, Precheck precheck, Console console) {
    try (ListedData listed = ListedData.of(resolved.config().data())) {
      LabelledFeatures.requireLabels(listed.train(), listed.test(), name);
      precheck.check(resolved, listed.train());
      return listed.open(new PackingPrinter(console));
    }
  }

  /** Prints what a training on all training images would do. */
  interface Planned {
    void print(EncoderArguments.Resolved resolved, DataListing data, Console console);
  }

  /**
   * Prints what an evaluation would train, and reads no image.
   *
   * @param name as in {@link #run}
   * @param alsoUsed as in {@link #run}
   */
  ExitCode dryRun(String name, Pattern alsoUsed, Planned planned) {
    if (json) {
      throw DryRun.noJson();
    }
    EncoderArguments.Resolved resolved = arguments.resolve(alsoUsed);
    Console console = Console.standard(false);
    try (var _ = LogLines.install(console);
        DataListing data = DataListing.of(resolved.config().data())) {
      LabelledFeatures.requireLabels(data.train(), data.test(), name);
      planned.print(resolved, data, console);
    }
    return ExitCode.OK;
  }

  /** All that a report says, for the JSON object. */
  static Map<String, Object> facts(ClassificationReport report) {
    Map<String, Object> facts = facts(report.accuracy(), report.classNames().size());
    facts.putAll(Reports.facts(report));
    return facts;
  }

  private static Map<String, Object> facts(Accuracy accuracy, int classes) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("top1", accuracy.top1());
    if (classes > TOP) {
      facts.put("top5", accuracy.top5());
    }
    return facts;
  }

  /** Top-1, and top-5 where it says something. */
  static String describe(Accuracy accuracy, int classes) {
    String top1 = String.format(Locale.ROOT, "%.2f %% top-1", 100 * accuracy.top1());
    return classes > TOP
        ? top1 + String.format(Locale.ROOT, ", %.2f %% top-5", 100 * accuracy.top5())
        : top1;
  }
}
