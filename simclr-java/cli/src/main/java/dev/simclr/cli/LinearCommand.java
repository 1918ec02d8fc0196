package dev.simclr.cli;

import dev.simclr.data.ImageLabels;
import dev.simclr.embed.Encoder;
import dev.simclr.eval.ClassificationReport;
import dev.simclr.eval.LambdaSearch;
import dev.simclr.eval.Lbfgs;
import dev.simclr.eval.LinearClassifier;
import dev.simclr.eval.LinearProbe;
import dev.simclr.eval.LogisticRegression;
import dev.simclr.torch.Device;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import dev.simclr.train.Augmentation;
import dev.simclr.train.ClassifierConfig;
import dev.simclr.train.ClassifierModel;
import dev.simclr.train.DataListing;
import dev.simclr.train.FineTuneConfig;
import dev.simclr.train.FineTunePlan;
import dev.simclr.train.FineTuneResult;
import dev.simclr.train.FineTuner;
import dev.simclr.train.HeadConfig;
import dev.simclr.train.OptimConfig;
import dev.simclr.train.StopToken;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Evaluates a trained encoder with a linear classifier. */
@Command(
    name = "linear",
    description = {
      "Evaluates a trained encoder by a linear classifier on its features.",
      "It is trained on the training images, and classifies the test images. The encoder stays as"
          + " it is."
    },
    mixinStandardHelpOptions = true)
final class LinearCommand implements Callable<Integer> {
  private static final int DEFAULT_BATCH = 256;
  // Features are float32 in any case, but a network that is fed anew for each step is not; and only
  // there are views drawn.
  private static final Pattern TRAINS = Pattern.compile("train\\.precision|augment\\.semantics");

  @Mixin private Evaluating evaluating = new Evaluating();
  @Mixin private ResultFolder results = new ResultFolder();

  /** How the classifier is trained. */
  enum Method {
    FIXED,
    LBFGS,
    SGD
  }

  @Option(
      names = "--method",
      paramLabel = "METHOD",
      defaultValue = "fixed",
      description = {
        "fixed (the default): L-BFGS on standardised features with weight decay 1e-4, in at most"
            + " 300 iterations, as runs evaluate themselves.",
        "lbfgs: L-BFGS on the features as they are, with the penalty that is best on a fifth of"
            + " the training images that is held out; then on all of them.",
        "sgd: SGD on augmented images (crop and flip, by the augment.semantics of the run)."
      })
  private Method method;

  @Option(
      names = "--lambda",
      paramLabel = "L",
      split = ",",
      description =
          "For lbfgs: penalties lambda to choose from, of lambda / 2 ||W||^2 beside the sum of"
              + " cross-entropy; by default 45 from 1e-6 to 1e5. One is taken as it is.")
  private List<Double> lambdas = List.of();

  @Option(names = "--epochs", paramLabel = "N", description = "For sgd: epochs, 90 by default.")
  private Optional<Integer> epochs = Optional.empty();

  @Option(
      names = "--batch",
      paramLabel = "B",
      description = "For sgd: images of a step, 256 by default.")
  private Optional<Integer> batch = Optional.empty();

  @Option(
      names = "--lr",
      paramLabel = "LR",
      description = "For sgd: learning rate for 256 images, 0.1 by default.")
  private Optional<Double> lr = Optional.empty();

  @Option(
      names = "--weight-decay",
      paramLabel = "WD",
      description =
          "For sgd: weight decay of the classifier's weight, not of its bias; 0 by default.")
  private Optional<Double> weightDecay = Optional.empty();

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description =
          "For lbfgs and sgd: seed of what is held out, of order and of views; 0 by default.")
  private long seed;

  @Option(
      names = "--features",
      paramLabel = "F",
      defaultValue = "h",
      description =
          "For fixed and lbfgs: h (the default), what the encoder gives; z, what the whole projection"
              + " head gives; or a number of layers of the head. For a head, ENCODER is a run"
              + " folder.")
  private String features;

  @Option(
      names = "--dry-run",
      description =
          "Print what is trained on how many images (for sgd with steps, the learning rate and an"
              + " estimate of memory), and stop. No image is read and no file is written.")
  private boolean dryRun;

  @Override
  public Integer call() {
    check();
    results.check();
    if (dryRun) {
      return evaluating.dryRun("linear", alsoUsed(), this::printPlan).code();
    }
    return evaluating
        .run(
            "linear",
            alsoUsed(),
            this::precheck,
            this::measure,
            (report, all) -> results.write(Optional.of(report), all))
        .code();
  }

  private void check() {
    requireMethod("--lambda", !lambdas.isEmpty(), Method.LBFGS);
    requireMethod("--epochs", epochs.isPresent(), Method.SGD);
    requireMethod("--batch", batch.isPresent(), Method.SGD);
    requireMethod("--lr", lr.isPresent(), Method.SGD);
    requireMethod("--weight-decay", weightDecay.isPresent(), Method.SGD);
    if (method == Method.SGD && !layer().isEncoder()) {
      throw new ConfigException("--features belongs to --method fixed and lbfgs");
    }
    lambdas.stream()
        .filter(lambda -> !(lambda >= 0) || lambda.isInfinite())
        .findFirst()
        .ifPresent(lambda -> {
          throw new ConfigException("--lambda is " + lambda + "; allowed: finite, 0 or more");
        });
  }

  private void requireMethod(String option, boolean given, Method needed) {
    if (given && method != needed) {
      throw new ConfigException(
          option + " belongs to --method " + needed.name().toLowerCase(Locale.ROOT));
    }
  }

  private HeadLayer layer() {
    return HeadLayer.parse("--features", features);
  }

  private Pattern alsoUsed() {
    return method == Method.SGD ? TRAINS : EncoderArguments.NOTHING_ELSE;
  }

  private void precheck(EncoderArguments.Resolved resolved, ImageLabels train) {
    layer().requireHead(resolved);
    if (method == Method.SGD) {
      FineTunePlan.requireBatch(sgdConfig(), train.size());
    }
  }

  private Evaluating.Measured measure(Evaluating.Inputs inputs) {
    Optional<Path> file = results.prepare();
    inputs.result().put("method", method.name().toLowerCase(Locale.ROOT));
    return switch (method) {
      case FIXED -> fixed(inputs, file);
      case LBFGS -> lbfgs(inputs, file);
      case SGD -> sgd(inputs, file);
    };
  }

  private Evaluating.Measured fixed(Evaluating.Inputs inputs, Optional<Path> file) {
    LabelledFeatures data = features(inputs);
    ProbePrinter printer =
        new ProbePrinter(inputs.console(), data.classes(), LinearProbe.DEFAULT_ITERATIONS);
    LinearProbe probe = LinearProbe.fit(data.train(), data.trainLabels(), data.classes(), printer);
    printer.ended(probe.stop(), "");
    ClassificationReport report = report(inputs, probe.scores(data.test()), data.testLabels());
    save(inputs, file, probe.classifier());
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("iterations", probe.iterations());
    facts.put("objective", probe.loss());
    facts.put("stop", probe.stop().name().toLowerCase(Locale.ROOT));
    return Evaluating.Measured.of(
        report,
        facts,
        String.format(
            Locale.ROOT,
            "%s (%s), objective %.6f",
            Plural.of(probe.iterations(), "iteration"),
            end(probe.stop()),
            probe.loss()));
  }

  private Evaluating.Measured lbfgs(Evaluating.Inputs inputs, Optional<Path> file) {
    LabelledFeatures data = features(inputs);
    Lbfgs.Options options = Lbfgs.Options.iterations(LogisticRegression.DEFAULT_ITERATIONS);
    ProbePrinter printer =
        new ProbePrinter(inputs.console(), data.classes(), LogisticRegression.DEFAULT_ITERATIONS);
    Map<String, Object> facts = new LinkedHashMap<>();
    LogisticRegression model;
    String chosen;
    if (lambdas.size() == 1) {
      model =
          LogisticRegression.fit(
              data.train(),
              data.trainLabels(),
              data.classes(),
              lambdas.getFirst(),
              options,
              printer);
      chosen = "given";
    } else {
      LambdaSearch search =
          LambdaSearch.run(
              data.train(),
              data.trainLabels(),
              data.classes(),
              candidates(),
              seed,
              options,
              printer);
      model = search.model();
      facts.put(
          "candidates",
          search.candidates().stream()
              .map(c -> Map.of("lambda", c.lambda(), "held_out_top1", c.accuracy()))
              .toList());
      double best =
          search.candidates().stream()
              .mapToDouble(LambdaSearch.Candidate::accuracy)
              .max()
              .orElseThrow();
      chosen =
          String.format(
              Locale.ROOT,
              "the best of %d, %.2f %% on held-out training images",
              search.candidates().size(),
              100 * best);
    }
    printer.ended(model.stop(), "; a larger --lambda needs fewer iterations");
    ClassificationReport report =
        report(inputs, model.classifier().scores(data.test()), data.testLabels());
    save(inputs, file, model.classifier());
    facts.put("lambda", model.lambda());
    facts.put("iterations", model.iterations());
    facts.put("objective", model.objective());
    facts.put("stop", model.stop().name().toLowerCase(Locale.ROOT));
    return Evaluating.Measured.of(
        report,
        facts,
        String.format(
            Locale.ROOT,
            "lambda %.4g (%s), %s (%s), objective %.6f an image",
            model.lambda(),
            chosen,
            Plural.of(model.iterations(), "iteration"),
            end(model.stop()),
            // As the iterations were printed; result.json has the sum.
            model.objective() / data.trainLabels().length));
  }

  private double[] candidates() {
    return lambdas.isEmpty()
        ? LambdaSearch.paperValues()
        : lambdas.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private FineTuneConfig sgdConfig() {
    FineTuneConfig usual = FineTuneConfig.linear(batch.orElse(DEFAULT_BATCH)).withSeed(seed);
    OptimConfig optim =
        usual.optim().toBuilder()
            .lr(lr.orElse(usual.optim().lr()))
            .weightDecay(weightDecay.orElse(usual.optim().weightDecay()))
            .build();
    return usual.withEpochs(epochs.orElse(usual.epochs())).withOptim(optim);
  }

  private void printPlan(EncoderArguments.Resolved resolved, DataListing data, Console console) {
    precheck(resolved, data.train());
    ClassifierConfig classifier = classifierConfig(resolved, data.train().classNames());
    int images = data.train().size();
    if (method == Method.SGD) {
      FineTunePlan plan =
          FineTunePlan.of(
              classifier,
              sgdConfig(),
              resolved.config().train(),
              images,
              resolved.config().eval().batch());
      console.fact("encoder", resolved.place().toString());
      DryRun.print(console, data, images, plan, resolved.config().train());
      return;
    }
    int classes = classifier.classNames().size();
    console.fact("encoder", resolved.place().toString());
    DryRun.print(console, data, images);
    console.fact(
        "features", features + String.format(Locale.ROOT, " of %,d", classifier.featureDim()));
    console.fact(
        "parameters", String.format(Locale.ROOT, "%,d", (classifier.featureDim() + 1L) * classes));
    console.fact("fit", fit());
  }

  /** What L-BFGS minimises. */
  private String fit() {
    if (method == Method.FIXED) {
      return String.format(
          Locale.ROOT,
          "L-BFGS on standardised features, weight decay %s, at most %d iterations",
          LinearProbe.DEFAULT_DECAY,
          LinearProbe.DEFAULT_ITERATIONS);
    }
    double[] values = Arrays.stream(candidates()).sorted().distinct().toArray();
    return values.length == 1
        ? String.format(
            Locale.ROOT,
            "L-BFGS, lambda %.4g, at most %d iterations",
            values[0],
            LogisticRegression.DEFAULT_ITERATIONS)
        : String.format(
            Locale.ROOT,
            "L-BFGS, the best of %d lambdas from %.4g to %.4g, at most %d iterations each",
            values.length,
            values[0],
            values[values.length - 1],
            LogisticRegression.DEFAULT_ITERATIONS);
  }

  private Evaluating.Measured sgd(Evaluating.Inputs inputs, Optional<Path> file) {
    FineTuneConfig config = sgdConfig();
    inputs.console().fact("encoder", inputs.resolved().place().toString());
    inputs.result().put("encoder", inputs.resolved().place().toString());
    inputs.describeData();
    StopToken stop = new StopToken();
    FineTuneResult result;
    try (var _ = StopSignals.install(stop, inputs.console())) {
      FineTuner tuner =
          FineTuner.of(classifierConfig(inputs), config)
              .initFrom(Encoder.file(inputs.resolved().place()))
              .trainImages(inputs.data().train())
              .testImages(inputs.data().test().orElseThrow())
              .views(Augmentation.cropAndFlip(inputs.resolved().config()))
              .machine(inputs.resolved().config().train())
              .evalBatch(inputs.resolved().config().eval().batch())
              .listener(new EpochPrinter(inputs.console()))
              .stop(stop);
      file.ifPresent(tuner::out);
      result = tuner.run();
    }
    ClassificationReport report =
        result.test().orElseThrow(() -> new StoppedException(result.steps()));
    return Evaluating.Measured.of(
        report,
        FineTuneFacts.of(config, result),
        String.format(
            Locale.ROOT,
            "%s of SGD, cross-entropy %.4f on augmented training images",
            Plural.of(config.epochs(), "epoch"),
            result.loss()));
  }

  private static String end(Lbfgs.Stop stop) {
    return stop.converged() ? "converged" : "all that are allowed";
  }

  private static ClassificationReport report(
      Evaluating.Inputs inputs, Tensor scores, int[] labels) {
    return ClassificationReport.of(inputs.data().train().classNames(), scores, labels);
  }

  /** Features of the chosen layer, owned by the innermost scope. */
  private LabelledFeatures features(Evaluating.Inputs inputs) {
    LabelledFeatures data = layer().apply(inputs.resolved(), inputs.features());
    if (!layer().isEncoder()) {
      inputs.result().put("features", features);
      inputs.result().put("feature_dim", data.train().size(1));
    }
    return data;
  }

  private ClassifierConfig classifierConfig(Evaluating.Inputs inputs) {
    return classifierConfig(inputs.resolved(), inputs.data().train().classNames());
  }

  private ClassifierConfig classifierConfig(
      EncoderArguments.Resolved resolved, List<String> classNames) {
    HeadConfig head = resolved.config().head();
    return new ClassifierConfig(
        resolved.encoder(), Optional.of(head), layer().count(head), classNames);
  }

  /** Writes encoder and classifier into one file. */
  private void save(Evaluating.Inputs inputs, Optional<Path> file, LinearClassifier classifier) {
    file.ifPresent(path -> {
      try (var _ = TensorScope.open();
          ClassifierModel model = ClassifierModel.create(classifierConfig(inputs), 0, Device.CPU)) {
        model.initFrom(
            Encoder.file(inputs.resolved().place()),
            Optional.of(layer()).filter(l -> !l.isEncoder()).map(l -> l.file(inputs.resolved())));
        model.setLinear(classifier);
        model.save(path, Map.of());
      }
    });
  }
}
