package dev.simclr.cli;

import dev.simclr.eval.Accuracy;
import dev.simclr.eval.KnnClassifier;
import dev.simclr.train.EvalConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Evaluates a trained encoder with the weighted kNN classifier. */
@Command(
    name = "knn",
    description = {
      "Evaluates a trained encoder by the labels of nearest neighbours.",
      "A test image gets the class for which its nearest training images vote: eval.knn_k of them,"
          + " 200 by default, each with weight exp(cosine / eval.knn_t)."
    },
    mixinStandardHelpOptions = true)
final class KnnCommand implements Callable<Integer> {
  @Mixin private Evaluating evaluating = new Evaluating();

  @Override
  public Integer call() {
    return evaluating.run("kNN", KnnCommand::measure).code();
  }

  private static Evaluating.Measured measure(Evaluating.Inputs inputs) {
    EvalConfig eval = inputs.resolved().config().eval();
    LabelledFeatures features = inputs.features();
    Accuracy accuracy =
        new KnnClassifier(eval.knnK(), eval.knnT())
            .evaluate(
                features.train(), features.trainLabels(), features.test(), features.testLabels());
    int voters = Math.min(eval.knnK(), features.trainLabels().length);
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("k", voters);
    facts.put("temperature", eval.knnT());
    return new Evaluating.Measured(
        Optional.of(accuracy),
        Optional.empty(),
        facts,
        List.of(voters + " neighbours, temperature " + eval.knnT()));
  }
}
