package dev.simclr.cli;

import dev.simclr.eval.Accuracy;
import dev.simclr.torch.TensorScope;
import dev.simclr.train.EvalConfig;
import dev.simclr.train.RunData;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
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
  interface Classifier {
    Measured measure(LabelledFeatures features, EvalConfig eval);
  }

  /**
   * How good a classifier is.
   *
   * @param facts what else there is to say of it, for the JSON object
   * @param description the same for people
   */
  record Measured(Accuracy accuracy, Map<String, Object> facts, String description) {}

  /**
   * Evaluates.
   *
   * @param name what is evaluated, as results and messages call it
   */
  ExitCode run(String name, Classifier classifier) {
    EncoderArguments.Resolved resolved = arguments.resolve();
    long start = System.nanoTime();
    Console console = json ? new Console(System.err, false, false) : Console.standard(false);
    try (var _ = LogLines.install(console);
        RunData data = RunData.open(resolved.config().data(), new PackingPrinter(console));
        var _ = TensorScope.open()) {
      LabelledFeatures.requireLabels(data, name);
      Map<String, Object> result = new LinkedHashMap<>();
      LabelledFeatures features = features(resolved, data, console, result);
      Measured measured = classifier.measure(features, resolved.config().eval());
      Accuracy accuracy = measured.accuracy();
      result.putAll(measured.facts());
      result.put("top1", accuracy.top1());
      if (features.classes() > TOP) {
        result.put("top5", accuracy.top5());
      }
      double seconds = (System.nanoTime() - start) * 1e-9;
      result.put("seconds", seconds);
      if (json) {
        System.out.println(JsonMapper.shared().writeValueAsString(result));
      } else {
        console.fact(name, describe(accuracy, features.classes()));
        console.fact("", measured.description());
        console.fact("time", String.format(Locale.ROOT, "%.1f s", seconds));
      }
    }
    return ExitCode.OK;
  }

  /** Computes features; the encoder is gone afterwards, and with it its threads. */
  private static LabelledFeatures features(
      EncoderArguments.Resolved resolved,
      RunData data,
      Console console,
      Map<String, Object> result) {
    try (EncoderSession session = new EncoderSession(resolved)) {
      session.describe(console);
      LabelledFeatures features = LabelledFeatures.of(data, session.encoder());
      result.put("encoder", resolved.place().toString());
      result.put("feature_dim", session.encoder().featureDim());
      result.put("data_source", resolved.config().data().source().toString());
      result.put("train_images", features.trainLabels().length);
      result.put("test_images", features.testLabels().length);
      result.put("classes", features.classes());
      console.fact(
          "data",
          String.format(
              Locale.ROOT,
              "%s: %,d training images, %,d test images, %d classes",
              resolved.config().data().source(),
              features.trainLabels().length,
              features.testLabels().length,
              features.classes()));
      return features;
    }
  }

  private static String describe(Accuracy accuracy, int classes) {
    String top1 = String.format(Locale.ROOT, "%.2f %% top-1", 100 * accuracy.top1());
    return classes > TOP
        ? top1 + String.format(Locale.ROOT, ", %.2f %% top-5", 100 * accuracy.top5())
        : top1;
  }
}
