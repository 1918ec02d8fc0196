package dev.simclr.cli;

import dev.simclr.augment.AugmentConfig;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.ImageLabels;
import dev.simclr.data.LabelSelection;
import dev.simclr.data.SubsetDataset;
import dev.simclr.embed.Encoder;
import dev.simclr.train.Augmentation;
import dev.simclr.train.ClassifierConfig;
import dev.simclr.train.DataListing;
import dev.simclr.train.EncoderConfig;
import dev.simclr.train.FineTuneConfig;
import dev.simclr.train.FineTunePlan;
import dev.simclr.train.FineTuneResult;
import dev.simclr.train.FineTuner;
import dev.simclr.train.HeadConfig;
import dev.simclr.train.ListedData;
import dev.simclr.train.OptimConfig;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.RunData;
import dev.simclr.train.StopToken;
import java.nio.file.Path;
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
import tools.jackson.databind.json.JsonMapper;

/** Trains an encoder and a classifier on labels. */
@Command(
    name = "finetune",
    description = {
      "Trains a classifier on labels, starting from a trained encoder, and tests it if there are test"
          + " images.",
      "By default all weights are trained as in the SimCLR paper: SGD with Nesterov momentum 0.9,"
          + " learning rate 0.05 x B / 256 falling to 0 in a cosine, no weight decay, no warm-up,"
          + " random crops and flips."
    },
    mixinStandardHelpOptions = true)
final class FinetuneCommand implements Callable<Integer> {
  private static final int DEFAULT_BATCH = 128;
  private static final double FEW = 0.05;
  private static final int EPOCHS_FEW = 60;
  private static final int EPOCHS_MANY = 30;
  private static final int EPOCHS_FROM_SCRATCH = 90;
  // How views are resized and normalised is the encoder's, and its file says it.
  private static final String FORMAT = "interpolation|mean|std";
  private static final Pattern ALSO_USED =
      Pattern.compile("train\\.precision|augment\\.(?!(" + FORMAT + ")$).*");
  private static final Pattern DRAWN =
      Pattern.compile("augment\\.(?!(semantics|" + FORMAT + ")$).*");
  private static final Pattern PRETRAINING =
      Pattern.compile(
          "optim\\..*|loss\\..*"
              + "|train\\.(?!(device|precision|threads|loader_threads|deterministic)$).*");

  @Mixin private EncoderArguments arguments = new EncoderArguments();
  @Mixin private ResultFolder results = new ResultFolder();

  /** Whose defaults hold. */
  enum Protocol {
    V1,
    V2
  }

  /** What is drawn for a view. */
  enum Views {
    CROP,
    SIMCLR
  }

  @Option(
      names = "--labels",
      paramLabel = "LABELS",
      defaultValue = "all",
      description = {
        "The training images whose labels are used: all (the default); a share such as 1%% or a"
            + " number such as 25, the same number of each class; or a text file with the name of an image on each line, as the ImageNet subsets of the"
            + " SimCLR reference."
      })
  private String labels;

  @Option(
      names = "--from-block",
      paramLabel = "N",
      defaultValue = "-1",
      description =
          "Train what comes after a block and freeze the rest: -1 all (the default), 0 after the"
              + " stem, 1 to 3 after that stage, 4 the linear layer alone.")
  private int fromBlock;

  @Option(
      names = "--head-layer",
      paramLabel = "N",
      description =
          "Layers of the projection head that are kept below the classifier: 0, the default, takes"
              + " the encoder's output; 1 is the default of v2 with few labels. Needs a run folder.")
  private Optional<String> headLayer = Optional.empty();

  @Option(
      names = "--protocol",
      paramLabel = "P",
      defaultValue = "v1",
      description =
          "Whose defaults hold: v1, or v2 (LARS with learning rate 0.005 x sqrt(B), head layer 1).")
  private Protocol protocol;

  @Option(
      names = "--from-scratch",
      description =
          "Start from random weights: the supervised baseline. Give --recipe, --config or settings"
              + " instead of ENCODER.")
  private boolean fromScratch;

  @Option(
      names = "--views",
      paramLabel = "V",
      defaultValue = "crop",
      description =
          "crop (the default): random crop and flip; simclr: the augmentation of view 1 of the"
              + " configuration, which augment.* settings change.")
  private Views views;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "By default 60 with less than 5 %% of the labels, else 30; 90 from scratch.")
  private Optional<Integer> epochs = Optional.empty();

  @Option(names = "--batch", paramLabel = "B", description = "Images of a step, 128 by default.")
  private Optional<Integer> batch = Optional.empty();

  @Option(
      names = "--lr",
      paramLabel = "LR",
      description = "Learning rate: for 256 images with v1, for 1 with v2, see above.")
  private Optional<Double> lr = Optional.empty();

  @Option(
      names = "--weight-decay",
      paramLabel = "WD",
      description =
          "Weight decay, 0 by default: of all weights that are trained, the classifier's among them,"
              + " not of biases and batch norm. With v2 that of the classifier's weight is not"
              + " scaled by LARS's trust ratio, as in the reference.")
  private Optional<Double> weightDecay = Optional.empty();

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "Seed of the choice of labels, of order, views and weights; 0 by default.")
  private long seed;

  @Option(
      names = "--json",
      description = "Print one JSON object to standard output, and all else to standard error.")
  private boolean json;

  @Option(
      names = "--dry-run",
      description =
          "Print the number of weights and steps, the learning rate and an estimate of memory, and"
              + " stop. No image is read and no file is written.")
  private boolean dryRun;

  /** What the run starts from. */
  private record Start(
      PretrainConfig config, EncoderConfig encoder, Optional<EncoderArguments.Resolved> resolved) {}

  @Override
  public Integer call() {
    LabelSelection selection = LabelSelection.parse(labels);
    if (results.folder().isEmpty() && !dryRun) {
      throw new ConfigException("give --out DIR, a folder for the classifier and its results");
    }
    results.check();
    Start start = start();
    HeadLayer layer = HeadLayer.parse("--head-layer", headLayer.orElse(defaultLayer(selection)));
    start.resolved.ifPresent(layer::requireHead);
    if (dryRun) {
      return plan(start, layer, selection);
    }
    long begin = System.nanoTime();
    Console console = json ? new Console(System.err, false, false) : Console.standard(false);
    try (var _ = LogLines.install(console);
        RunData data = open(start, selection, console)) {
      ImageDataset all = data.train();
      ImageDataset train = SubsetDataset.of(all, selection.choose(all, seed));
      FineTuneConfig config = config((double) train.size() / all.size());
      Map<String, Object> result = new LinkedHashMap<>();
      describe(start, data, train, console, result);
      FineTuneResult tuned = tune(start, layer, config, data, train, console);
      if (!tuned.finished()) {
        throw new StoppedException(tuned.steps());
      }
      result.putAll(FineTuneFacts.of(config, tuned));
      tuned.test().ifPresent(report -> result.putAll(Evaluating.facts(report)));
      double seconds = (System.nanoTime() - begin) * 1e-9;
      result.put("seconds", seconds);
      results.write(tuned.test(), result);
      if (json) {
        System.out.println(JsonMapper.shared().writeValueAsString(result));
      } else {
        print(tuned, seconds, console);
      }
    }
    return ExitCode.OK.code();
  }

  /** Opens the images, refusing before they are read what can be refused then. */
  private RunData open(Start start, LabelSelection selection, Console console) {
    try (ListedData listed = ListedData.of(start.config.data())) {
      requireLabels(listed.train(), listed.test());
      int all = listed.train().size();
      int images = selection.choose(listed.train(), seed).length;
      FineTunePlan.requireBatch(config((double) images / all), images);
      return listed.open(new PackingPrinter(console));
    }
  }

  private static void requireLabels(ImageLabels train, Optional<ImageLabels> test) {
    LabelledFeatures.requireLabels(train, "training", "finetune");
    test.ifPresent(images -> LabelledFeatures.requireLabels(images, "test", "finetune"));
  }

  private int plan(Start start, HeadLayer layer, LabelSelection selection) {
    if (json) {
      throw DryRun.noJson();
    }
    Console console = Console.standard(false);
    try (var _ = LogLines.install(console);
        DataListing data = DataListing.of(start.config.data())) {
      requireLabels(data.train(), data.test());
      int all = data.train().size();
      int images = selection.choose(data.train(), seed).length;
      FineTunePlan plan =
          FineTunePlan.of(
              classifier(start, layer, data.train().classNames()),
              config((double) images / all),
              start.config.train(),
              images,
              start.config.eval().batch());
      console.fact("encoder", from(start));
      DryRun.print(console, data, images, plan, start.config.train());
    }
    return ExitCode.OK.code();
  }

  private static String from(Start start) {
    return start.resolved.map(r -> r.place().toString()).orElse("random weights");
  }

  private static ClassifierConfig classifier(
      Start start, HeadLayer layer, List<String> classNames) {
    HeadConfig head = start.config.head();
    return new ClassifierConfig(start.encoder, Optional.of(head), layer.count(head), classNames);
  }

  private void print(FineTuneResult tuned, double seconds, Console console) {
    tuned
        .test()
        .ifPresentOrElse(
            report -> {
              int classes = report.classNames().size();
              console.fact("finetune", Evaluating.describe(report.accuracy(), classes));
              Reports.print(report, console);
            },
            () -> console.fact("finetune", "not tested, since there are no test images"));
    console.fact("results", results.folder().orElseThrow().toString());
    console.fact("time", String.format(Locale.ROOT, "%.1f s", seconds));
  }

  /** SimCLRv2 takes a layer of the head where labels are few, and none where all are there. */
  private String defaultLayer(LabelSelection selection) {
    boolean few = !(selection instanceof LabelSelection.All);
    return protocol == Protocol.V2 && few && !fromScratch ? "1" : "0";
  }

  private Start start() {
    if (views == Views.CROP) {
      arguments.refuse(DRAWN, "without --views simclr");
    }
    if (fromScratch) {
      arguments.refuse(
          PRETRAINING,
          "on fine-tuning; its settings are --epochs, --batch, --lr, --weight-decay and --seed");
      PretrainConfig config = arguments.resolveWithoutEncoder();
      return new Start(config, EncoderConfig.of(config), Optional.empty());
    }
    EncoderArguments.Resolved resolved = arguments.resolve(ALSO_USED);
    return new Start(resolved.config(), resolved.encoder(), Optional.of(resolved));
  }

  /** The protocol's settings, with what was given instead. */
  private FineTuneConfig config(double share) {
    int usual = fromScratch ? EPOCHS_FROM_SCRATCH : share < FEW ? EPOCHS_FEW : EPOCHS_MANY;
    int count = epochs.orElse(usual);
    int size = batch.orElse(DEFAULT_BATCH);
    FineTuneConfig base =
        switch (protocol) {
          case V1 -> FineTuneConfig.v1(count, size);
          case V2 -> FineTuneConfig.v2(count, size);
        };
    OptimConfig optim =
        base.optim().toBuilder()
            .lr(lr.orElse(base.optim().lr()))
            .weightDecay(weightDecay.orElse(base.optim().weightDecay()))
            .build();
    return base.withOptim(optim).withFromBlock(fromBlock).withSeed(seed);
  }

  private FineTuneResult tune(
      Start start,
      HeadLayer layer,
      FineTuneConfig config,
      RunData data,
      ImageDataset train,
      Console console) {
    StopToken stop = new StopToken();
    Path file = results.prepare().orElseThrow();
    FineTuner tuner =
        FineTuner.of(classifier(start, layer, train.classNames()), config)
            .trainImages(train)
            .views(views(start.config))
            .machine(start.config.train())
            .evalBatch(start.config.eval().batch())
            .listener(new EpochPrinter(console))
            .stop(stop)
            .out(file);
    data.test().ifPresent(tuner::testImages);
    start.resolved.ifPresent(resolved -> {
      tuner.initFrom(Encoder.file(resolved.place()));
      if (!layer.isEncoder()) {
        tuner.headFrom(layer.file(resolved));
      }
    });
    try (var _ = StopSignals.install(stop, console)) {
      return tuner.run();
    }
  }

  private AugmentConfig views(PretrainConfig config) {
    return switch (views) {
      case SIMCLR -> Augmentation.samplers(config).getFirst().config();
      case CROP -> Augmentation.cropAndFlip(config);
    };
  }

  private void describe(
      Start start, RunData data, ImageDataset train, Console console, Map<String, Object> result) {
    String from = from(start);
    console.fact("encoder", from);
    int test = data.test().map(ImageDataset::size).orElse(0);
    console.fact(
        "data",
        start.config.data().source()
            + ": "
            + Plural.images(train.size(), data.train().size(), test, train.classNames().size()));
    result.put("encoder", from);
    result.put("data_source", start.config.data().source().toString());
    result.put("labels", labels);
    result.put("train_images", train.size());
    result.put("test_images", test);
    result.put("classes", train.classNames().size());
    result.put("protocol", protocol.name().toLowerCase(Locale.ROOT));
    result.put("views", views.name().toLowerCase(Locale.ROOT));
  }
}
