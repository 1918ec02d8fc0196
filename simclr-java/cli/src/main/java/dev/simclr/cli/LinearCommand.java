package dev.simclr.cli;

import dev.simclr.eval.LinearProbe;
import dev.simclr.train.EvalConfig;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Evaluates a trained encoder with a linear probe. */
@Command(
    name = "linear",
    description = {
      "Evaluates a trained encoder by a linear classifier on its features.",
      "It is trained on the training images, with L-BFGS in at most 300 iterations, and classifies"
          + " the test images."
    },
    mixinStandardHelpOptions = true)
final class LinearCommand implements Callable<Integer> {
  @Mixin private Evaluating evaluating = new Evaluating();

  @Override
  public Integer call() {
    return evaluating.run("linear", LinearCommand::measure).code();
  }

  private static Evaluating.Measured measure(LabelledFeatures features, EvalConfig eval) {
    LinearProbe probe =
        LinearProbe.fit(features.train(), features.trainLabels(), features.classes());
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("iterations", probe.iterations());
    facts.put("objective", probe.loss());
    facts.put("stop", probe.stop().name().toLowerCase(Locale.ROOT));
    String end =
        switch (probe.stop()) {
          case GRADIENT, CHANGE -> "converged";
          case ITERATIONS, EVALUATIONS -> "all that are allowed";
        };
    return new Evaluating.Measured(
        probe.accuracy(features.test(), features.testLabels()),
        facts,
        String.format(
            Locale.ROOT,
            "%d iterations (%s), objective %.6f",
            probe.iterations(),
            end,
            probe.loss()));
  }
}
