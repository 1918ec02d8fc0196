package dev.simclr.cli;

import static dev.simclr.cli.CliRunner.simclr;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.simclr.augment.AugmentConfig;
import dev.simclr.augment.RandomCrop;
import dev.simclr.augment.Semantics;
import dev.simclr.checkpoint.SafetensorsReader;
import dev.simclr.cli.CliRunner.Outcome;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.Progress;
import dev.simclr.embed.Classifier;
import dev.simclr.embed.Encoder;
import dev.simclr.embed.EncoderOptions;
import dev.simclr.embed.Prediction;
import dev.simclr.testing.ChildJvm;
import dev.simclr.testing.TinyFolder;
import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.TensorScope;
import dev.simclr.train.ClassifierConfig;
import dev.simclr.train.FineTuneConfig;
import dev.simclr.train.FineTuneResult;
import dev.simclr.train.FineTuner;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.RunData;
import dev.simclr.train.TrainConfig.DeviceChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * linear, finetune, predict and the sweep of knn, as typed, on a small run with an image folder.
 */
@Timeout(180)
@ExtendWith(LeakCheck.class)
final class ClassifierCommandsTest {
  private static final int TRAIN = 40;
  private static final int TEST = 12;
  private static final List<String> RESULTS =
      List.of("classifier.safetensors", "confusion.csv", "per-class.csv", "result.json");

  @TempDir static Path shared;
  @TempDir Path directory;
  private static Path data;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    data = TinyFolder.write(shared.resolve("images"), TRAIN, TEST);
    run = shared.resolve("run");
    List<String> pretrain = List.of("pretrain", "--out", run.toString());
    Object[] arguments =
        TinyFolder.arguments(pretrain, TinyFolder.data(data), TinyFolder.training());
    assertEquals(0, simclr(arguments).code());
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return new ArrayList<>(files.map(f -> f.getFileName().toString()).sorted().toList());
    }
  }

  private static JsonNode json(Path file) throws IOException {
    return JsonMapper.shared().readTree(Files.readString(file));
  }

  /** The files of a folder agree with each other and with what was printed. */
  private static void assertResults(JsonNode printed, Path folder) throws IOException {
    assertEquals(RESULTS, names(folder), "no temporary file is left");
    assertEquals(printed, json(folder.resolve("result.json")));
    List<String> confusion = Files.readAllLines(folder.resolve("confusion.csv"));
    assertEquals("class,columns,rows", confusion.getFirst());
    List<String> perClass = Files.readAllLines(folder.resolve("per-class.csv"));
    assertEquals("class,images,accuracy", perClass.getFirst());
    int correct = 0;
    for (int c = 0; c < 2; c++) {
      String[] row = confusion.get(1 + c).split(",");
      String[] own = perClass.get(1 + c).split(",");
      int hits = Integer.parseInt(row[1 + c]);
      assertEquals(List.of("columns", "rows").get(c), row[0]);
      assertEquals(row[0], own[0]);
      assertEquals(TEST / 2, Integer.parseInt(row[1]) + Integer.parseInt(row[2]));
      assertEquals(TEST / 2, Integer.parseInt(own[1]));
      assertEquals(hits / (TEST / 2.0), Double.parseDouble(own[2]), 1e-12);
      assertEquals(hits, printed.get("confusion").get(c).get(c).intValue());
      correct += hits;
    }
    assertEquals(correct / (double) TEST, printed.get("top1").doubleValue(), 1e-12);
  }

  private static EncoderOptions cpu() {
    return EncoderOptions.builder().device(DeviceChoice.CPU).threads(1).build();
  }

  /** Counts with the library how many test images a saved classifier gets right. */
  private static double accuracy(Path folder) throws IOException {
    int correct = 0;
    try (Classifier classifier = Classifier.load(folder, cpu());
        Stream<Path> files = Files.walk(data.resolve("test"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Prediction prediction = classifier.predict(file);
        correct += prediction.className().equals(file.getParent().getFileName().toString()) ? 1 : 0;
      }
    }
    return correct / (double) TEST;
  }

  @Test
  void aLinearClassifierOnTheProjectionKeepsTheHead() throws IOException {
    Path probe = directory.resolve("probe");
    JsonNode result = simclr("linear", run, "--features", "z", "--out", probe, "--json").json();
    assertEquals("z", result.get("features").asString());
    assertEquals(16, result.get("feature_dim").intValue());
    assertResults(result, probe);
    assertEquals(accuracy(probe), result.get("top1").doubleValue(), 1e-12);
    simclr("linear", run, "--features", "z", "--method", "sgd")
        .assertFailed(2, "--features belongs to --method fixed and lbfgs");
    simclr("linear", run, "--features", "3")
        .assertFailed(2, "--features is 3; allowed: 0 to 2, the layers of the projection head");
  }

  @Test
  void everyMethodOfLinearLeavesAClassifierThatDoesAsReported() throws IOException {
    Path fixed = directory.resolve("fixed");
    JsonNode result = simclr("linear", run, "--out", fixed, "--json").json();
    assertEquals("fixed", result.get("method").stringValue());
    assertResults(result, fixed);
    assertEquals(result.get("top1").doubleValue(), accuracy(fixed), 1e-12);

    Path lbfgs = directory.resolve("lbfgs");
    result = simclr("linear", run, "--method", "lbfgs", "--out", lbfgs, "--json").json();
    assertResults(result, lbfgs);
    assertEquals(45, result.get("candidates").size());
    assertEquals(result.get("top1").doubleValue(), accuracy(lbfgs), 1e-12);
    double best = 0;
    double lambda = 0;
    for (JsonNode candidate : result.get("candidates")) {
      if (candidate.get("held_out_top1").doubleValue() >= best) {
        best = candidate.get("held_out_top1").doubleValue();
        lambda = candidate.get("lambda").doubleValue();
      }
    }
    assertEquals(lambda, result.get("lambda").doubleValue());
    JsonNode given =
        simclr("linear", run, "--method", "lbfgs", "--lambda", lambda, "--json").json();
    assertEquals(result.get("objective").doubleValue(), given.get("objective").doubleValue(), 1e-9);
    assertFalse(given.has("candidates"));

    Path sgd = directory.resolve("sgd");
    result =
        simclr(
                "linear",
                run,
                "--method",
                "sgd",
                "train.precision=float32",
                "--epochs",
                2,
                "--batch",
                8,
                "--seed",
                3,
                "--out",
                sgd,
                "--json")
            .json();
    assertResults(result, sgd);
    assertEquals(2 * TRAIN / 8, result.get("steps").intValue());
    assertEquals(0.1 * 8 / 256, result.get("peak_learning_rate").doubleValue(), 1e-12);
    assertEquals(4, result.get("from_block").intValue());
    assertEquals(result.get("top1").doubleValue(), accuracy(sgd), 1e-12);
  }

  /** Crop and flip are drawn as the run draws its own views, unless a setting says otherwise. */
  @Test
  void sgdDrawsViewsByTheSemanticsOfTheRun() throws IOException {
    Path google = Files.createDirectory(directory.resolve("google"));
    Files.copy(run.resolve("model.safetensors"), google.resolve("model.safetensors"));
    Path config = google.resolve("config.yaml");
    String text = Files.readString(run.resolve("config.yaml"));
    assertTrue(text.contains("semantics: torchvision"), text);
    Files.writeString(config, text.replace("semantics: torchvision", "semantics: google"));
    List<Double> expected = new ArrayList<>();
    PretrainConfig settings = ConfigLoader.resolveOver(config, Optional.empty(), List.of());
    for (Semantics semantics : Semantics.values()) {
      try (RunData images = RunData.open(settings.data(), Progress.NONE)) {
        ImageDataset train = images.train();
        FineTuneResult result =
            FineTuner.of(
                    ClassifierConfig.of(Encoder.describe(run), train.classNames()),
                    FineTuneConfig.linear(8).withEpochs(1))
                .initFrom(run.resolve("model.safetensors"))
                .trainImages(train)
                .views(new AugmentConfig(semantics, RandomCrop.SIMCLR, 0.5, List.of()))
                .machine(settings.train())
                .run();
        expected.add(result.loss());
      }
    }
    Object[] usual = {"linear", run, "--method", "sgd", "--epochs", 1, "--batch", 8, "--json"};
    Object[] other = usual.clone();
    other[1] = google;
    Object[] asked = Arrays.copyOf(usual, usual.length + 1);
    asked[usual.length] = "augment.semantics=google";
    assertNotEquals(expected.get(0), expected.get(1));
    List<Double> found = new ArrayList<>();
    for (Object[] arguments : List.of(usual, other, asked)) {
      found.add(simclr(arguments).json().get("train_loss").doubleValue());
    }
    double torchvision = expected.get(Semantics.TORCHVISION.ordinal());
    double reference = expected.get(Semantics.GOOGLE.ordinal());
    assertEquals(List.of(torchvision, reference, reference), found);
    simclr("linear", run, "augment.semantics=google")
        .assertFailed(2, "augment.semantics has no effect on a trained encoder");
  }

  @Test
  void sgdDecaysTheWeightOfTheClassifier() throws IOException {
    List<Double> norms = new ArrayList<>();
    for (double decay : new double[] {0, 10}) {
      Path out = directory.resolve("decay-" + decay);
      JsonNode result =
          simclr(
                  "linear",
                  run,
                  "--method",
                  "sgd",
                  "--epochs",
                  3,
                  "--batch",
                  8,
                  "--lr",
                  1,
                  "--weight-decay",
                  decay,
                  "--out",
                  out,
                  "--json")
              .json();
      assertEquals(decay, result.get("weight_decay").doubleValue());
      try (SafetensorsReader reader =
              SafetensorsReader.open(out.resolve("classifier.safetensors"));
          var _ = TensorScope.open()) {
        norms.add(reader.tensor("fc.weight").square().sum().item());
      }
    }
    assertTrue(norms.get(1) < 0.5 * norms.get(0), norms.toString());
    simclr("linear", run, "--weight-decay", 0)
        .assertFailed(2, "--weight-decay belongs to --method sgd");
    simclr("linear", run, "--method", "sgd", "--batch", 8, "--weight-decay", -1)
        .assertFailed(2, "optim.weight_decay is -1.0; allowed: ");
  }

  @Test
  void linearReadsWell() {
    Outcome outcome = simclr("linear", run, "--method", "lbfgs", "--lambda", "0.1,10");
    assertEquals(0, outcome.code(), outcome.err());
    // How many iterations there are is not of interest here.
    List<String> lines =
        outcome.out().lines().filter(line -> !line.startsWith("iteration ")).toList();
    assertEquals("held out     8 of 40 training images", lines.get(3));
    assertTrue(lines.get(4).matches("lambda 1/2  10\\.00  [\\d.]+ % of held-out images"));
    assertTrue(lines.get(5).matches("lambda 2/2  0\\.1000  [\\d.]+ % of held-out images"));
    assertTrue(lines.get(6).matches("linear {7}\\d+\\.\\d\\d % top-1"), outcome.out());
    assertTrue(
        lines
            .get(7)
            .matches(
                " {13}lambda (0\\.1000|10\\.00) \\(the best of 2, [\\d.]+ % on held-out training"
                    + " images\\), \\d+ iterations \\(.*\\), objective .*"),
        outcome.out());
    assertTrue(lines.get(9).matches(" {13}columns +\\d+\\.\\d\\d % +\\d+ +\\d+"), outcome.out());
    assertEquals(12, lines.size(), outcome.out());
  }

  @Test
  void theObjectiveIsPrintedPerImageAndKeptAsTheSum() {
    Outcome printed = simclr("linear", run, "--method", "lbfgs", "--lambda", 10);
    JsonNode kept = simclr("linear", run, "--method", "lbfgs", "--lambda", 10, "--json").json();
    String mean = String.format(Locale.ROOT, "%.6f", kept.get("objective").doubleValue() / 40);
    assertTrue(printed.out().contains(", objective " + mean + " an image"), printed.out());
  }

  @Test
  void mistakesOfLinearAreOneLineEach() throws IOException {
    simclr("linear", run, "--lambda", 1).assertFailed(2, "--lambda belongs to --method lbfgs");
    simclr("linear", run, "--epochs", 1).assertFailed(2, "--epochs belongs to --method sgd");
    simclr("linear", run, "--method", "lbfgs", "--lambda", "1,-2")
        .assertFailed(2, "--lambda is -2.0; allowed: finite, 0 or more");
    simclr("linear", run, "--method", "adam")
        .assertFailed(2, "Invalid value for option '--method'");
    simclr("linear", run, "--method", "sgd", "--batch", 1000)
        .assertFailed(3, "the batch is 1000, more than the 40 training images");
    simclr("linear", run, "--method", "sgd", "--epochs", 0)
        .assertFailed(2, "epochs is 0; allowed: ");
    simclr("linear", run, "train.precision=float32")
        .assertFailed(2, "train.precision has no effect on a trained encoder");
    simclr("linear", run, "--overwrite").assertFailed(2, "--overwrite needs --out DIR");
    Path file = Files.writeString(directory.resolve("file"), "mine");
    simclr("linear", run, "--out", file).assertFailed(2, "--out " + file + " is not a directory");
    Path folder = Files.createDirectory(directory.resolve("folder"));
    Files.writeString(folder.resolve("result.json"), "old");
    simclr("linear", run, "--out", folder)
        .assertFailed(2, "--out " + folder + " is not empty; choose another folder, or give");
    Files.writeString(folder.resolve("mine.txt"), "mine");
    simclr("linear", run, "--out", folder, "--overwrite")
        .assertFailed(2, "--out " + folder + " has mine.txt, no result, so it is not overwritten");
    assertEquals("old", Files.readString(folder.resolve("result.json")));
    Files.delete(folder.resolve("mine.txt"));
    assertEquals(0, simclr("linear", run, "--out", folder, "--overwrite").code());
    assertEquals(RESULTS, names(folder));
  }

  @Test
  void finetuneTrainsOnFewLabels() throws IOException {
    Path few = directory.resolve("few");
    JsonNode result =
        simclr(
                "finetune",
                run,
                "--labels",
                "50%",
                "--epochs",
                3,
                "--batch",
                8,
                "--out",
                few,
                "--json")
            .json();
    assertResults(result, few);
    assertEquals(TRAIN / 2, result.get("train_images").intValue());
    assertEquals(3 * (TRAIN / 2 / 8), result.get("steps").intValue());
    assertEquals(0.05 * 8 / 256, result.get("peak_learning_rate").doubleValue(), 1e-12);
    assertEquals("sgd", result.get("optimizer").stringValue());
    assertEquals(result.get("top1").doubleValue(), accuracy(few), 1e-12);
    Path list =
        Files.writeString(
            directory.resolve("list.txt"), "rows/0.png\n1.png\n2.png\n3.png\n4.png\n5.png\n");
    Path listed = directory.resolve("listed");
    result =
        simclr(
                "finetune",
                run,
                "--labels",
                list,
                "--batch",
                3,
                "--epochs",
                1,
                "--out",
                listed,
                "--json",
                "--from-block",
                3,
                "--lr",
                0.5)
            .json();
    assertEquals(6, result.get("train_images").intValue());
    assertEquals(0.5 * 3 / 256, result.get("peak_learning_rate").doubleValue(), 1e-12);
    assertEquals(3, result.get("from_block").intValue());
  }

  @Test
  void finetuneFromAHeadLayerAndFromScratch() throws IOException {
    Path v2 = directory.resolve("v2");
    JsonNode result =
        simclr(
                "finetune",
                run,
                "--protocol",
                "v2",
                "--labels",
                "20",
                "--epochs",
                1,
                "--batch",
                10,
                "--out",
                v2,
                "--json")
            .json();
    assertEquals("lars", result.get("optimizer").stringValue());
    assertEquals(0.005 * Math.sqrt(10), result.get("peak_learning_rate").doubleValue(), 1e-12);
    assertEquals(1, Classifier.describe(v2).headLayer());
    assertEquals(result.get("top1").doubleValue(), accuracy(v2), 1e-12);

    Path scratch = directory.resolve("scratch");
    List<String> finetune =
        List.of(
            "finetune",
            "--from-scratch",
            "--views",
            "simclr",
            "--epochs",
            "1",
            "--batch",
            "8",
            "--out",
            scratch.toString(),
            "--json");
    List<String> settings =
        TinyFolder.training().stream()
            .filter(s -> !s.matches("train\\.(epochs|batch|seed|log_every)=.*"))
            .toList();
    Object[] arguments = TinyFolder.arguments(finetune, TinyFolder.data(data), settings);
    result = simclr(arguments).json();
    assertResults(result, scratch);
    assertEquals("random weights", result.get("encoder").stringValue());
    assertEquals("simclr", result.get("views").stringValue());
    assertEquals(0, Classifier.describe(scratch).headLayer());
  }

  /**
   * All labels take the encoder's output with v2, too; without test images nothing is tested, and
   * no results of an earlier classifier stay beside the new one.
   */
  @Test
  void finetuneWithoutTestImages() throws IOException {
    Path out = Files.createDirectory(directory.resolve("untested"));
    for (String name : RESULTS) {
      Files.writeString(out.resolve(name), "of an earlier classifier");
    }
    String root = "data.root=" + data.resolve("train");
    Outcome done =
        simclr(
            "finetune",
            run,
            root,
            "--protocol",
            "v2",
            "--epochs",
            1,
            "--batch",
            8,
            "--out",
            out,
            "--overwrite");
    assertEquals(0, done.code(), done.err());
    assertTrue(
        done.out().contains("finetune     not tested, since there are no test images\n"),
        done.out());
    assertEquals(List.of("classifier.safetensors", "result.json"), names(out));
    assertEquals(0, json(out.resolve("result.json")).get("test_images").intValue());
    assertEquals(0, Classifier.describe(out).headLayer());
  }

  @Test
  void mistakesOfFinetuneAreOneLineEach() throws IOException {
    Path out = directory.resolve("out");
    simclr("finetune", run).assertFailed(2, "give --out DIR, a folder for the classifier");
    simclr("finetune", run, "--out", out, "--labels", "0%")
        .assertFailed(2, "the share of labels is 0.0; allowed: above 0, up to 1");
    simclr("finetune", run, "--out", out, "--labels", 21)
        .assertFailed(3, "class columns has 20 labelled images, fewer than the 21 of each class");
    simclr("finetune", run, "--out", out, "--labels", "none.txt")
        .assertFailed(3, "cannot read none.txt: there is no such file");
    simclr("finetune", run, "--out", out, "--batch", 8, "--from-block", 5)
        .assertFailed(2, "the block to train from is 5; allowed: -1 to 4");
    simclr("finetune", run, "--out", out, "--head-layer", 3)
        .assertFailed(2, "--head-layer is 3; allowed: 0 to 2, the layers of the projection head");
    simclr("finetune", run, "--out", out, "--head-layer", "first")
        .assertFailed(2, "--head-layer is first; allowed: h, z, or a number");
    simclr("finetune", run.resolve("model.safetensors"), "--out", out, "--head-layer", 1)
        .assertFailed(2, "--head-layer needs a projection head, so ENCODER must be a run folder");
    simclr("finetune", run, "--out", out, "--from-scratch")
        .assertFailed(2, "--from-scratch starts from random weights, so give no encoder such as");
    simclr("finetune", "--out", out).assertFailed(2, "give the folder of a run or an encoder file");
    simclr("finetune", run, "--out", out, "model.width=2")
        .assertFailed(2, "model.width has no effect");
    simclr("finetune", run, "--out", out, "augment.color_strength=1")
        .assertFailed(2, "augment.color_strength has no effect without --views simclr");
    simclr("finetune", run, "--out", out, "--views", "simclr", "augment.interpolation=bicubic")
        .assertFailed(2, "augment.interpolation has no effect on a trained encoder");
    simclr("finetune", "--out", out, "--from-scratch", "--recipe", "quickstart", "train.epochs=3")
        .assertFailed(2, "train.epochs has no effect on fine-tuning; its settings are --epochs,");
    simclr("finetune", run, "--out", out, "--batch", 8, "--lr", -1)
        .assertFailed(2, "optim.lr is -1.0; allowed: ");
    simclr("finetune", run, "--out", out)
        .assertFailed(3, "the batch is 128, more than the 40 training images");
    // The decay multiplies the weights by -1e6 in each step, whatever the gradients are.
    simclr(
            "finetune",
            run,
            "--out",
            out,
            "--batch",
            8,
            "--epochs",
            3,
            "--lr",
            "1e6",
            "--weight-decay",
            1)
        .assertFailed(6, "");
    assertFalse(Files.exists(out) && !names(out).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void aSignalEndsFinetuneWithoutAResult(String signal) throws IOException, InterruptedException {
    assumeFalse(
        signal.equals("INT") && ChildJvm.ignoresInterrupts(),
        "left out: the tests themselves run with SIGINT ignored");
    Path out = directory.resolve("stopped");
    try (ChildJvm.Running child =
        new ChildJvm()
            .start(
                Main.class.getName(),
                "finetune",
                run.toString(),
                "--epochs",
                "100000",
                "--batch",
                "8",
                "--out",
                out.toString())) {
      while (!Files.readString(child.out()).contains("data  ") || !Files.isDirectory(out)) {
        assertTrue(child.process().isAlive(), Files.readString(child.err()));
        Thread.sleep(20);
      }
      Thread.sleep(1000);
      child.signal(signal);
      ChildJvm.Result result = child.await();
      assertEquals(75, result.status(), result.toString());
      assertTrue(
          result.err().matches("simclr: stopped after step \\d+; nothing was written\n"),
          result.toString());
    }
    assertEquals(List.of(), names(out));
  }

  @Test
  void predictLabelsFoldersAndFiles() throws IOException {
    Path folder = directory.resolve("classifier");
    assertEquals(0, simclr("linear", run, "--out", folder).code());
    Path images = Files.createDirectories(directory.resolve("to label/.hidden"));
    Path rows = data.resolve("test/rows");
    Files.copy(rows.resolve("0.png"), images.resolve("ignored.png"));
    images = images.getParent();
    Files.copy(rows.resolve("0.png"), images.resolve("a, \"b\".PNG"));
    Files.copy(
        rows.resolve("2.png"), Files.createDirectory(images.resolve("deep")).resolve("c.png"));
    Files.writeString(images.resolve("notes.txt"), "no image");
    Path single = data.resolve("test/columns/1.png");
    Path out = directory.resolve("labels.csv");
    Outcome done =
        simclr("predict", folder, images, single, "--out", out, "--device", "cpu", "--batch", 2);
    assertEquals(0, done.code(), done.err());
    assertTrue(done.out().contains("labels       " + out + ", 3 images\n"), done.out());
    List<String> lines = Files.readAllLines(out);
    assertEquals("path,label,probability", lines.getFirst());
    List<Path> expected =
        List.of(images.resolve("a, \"b\".PNG"), images.resolve("deep/c.png"), single);
    assertEquals(1 + expected.size(), lines.size());
    try (Classifier classifier = Classifier.load(folder, cpu())) {
      for (int i = 0; i < expected.size(); i++) {
        String path = expected.get(i).toString();
        String quoted = i == 0 ? '"' + path.replace("\"", "\"\"") + '"' : path;
        Prediction prediction = classifier.predict(expected.get(i));
        String start = quoted + "," + prediction.className() + ",";
        assertTrue(lines.get(1 + i).startsWith(start), lines.get(1 + i));
        double probability = Double.parseDouble(lines.get(1 + i).substring(start.length()));
        assertEquals(prediction.probability(), probability, 1e-4);
      }
    }
  }

  @Test
  void mistakesOfPredictAreOneLineEach() throws IOException {
    Path folder = directory.resolve("classifier");
    assertEquals(0, simclr("linear", run, "--out", folder).code());
    Path out = directory.resolve("labels.csv");
    Path image = data.resolve("test/rows/0.png");
    simclr("predict", folder, image).assertFailed(2, "Missing required option");
    simclr("predict", folder, "--out", out).assertFailed(2, "Missing required parameter");
    simclr("predict", run.resolve("model.safetensors"), image, "--out", out)
        .assertFailed(3, run.resolve("model.safetensors") + " is no classifier");
    simclr("predict", run, image, "--out", out)
        .assertFailed(3, "folder " + run + " has no classifier.safetensors");
    Path nowhere = directory.resolve("nowhere");
    simclr("predict", folder, nowhere, "--out", out)
        .assertFailed(3, "there is no file or folder " + nowhere);
    Path empty = Files.createDirectory(directory.resolve("empty"));
    simclr("predict", folder, empty, "--out", out)
        .assertFailed(3, "no JPEG or PNG images under " + empty);
    simclr("predict", folder, image, "--out", empty)
        .assertFailed(2, "--out " + empty + " is a directory");
    simclr("predict", folder, image, "--out", nowhere.resolve("labels.csv"))
        .assertFailed(7, "cannot write ");
    simclr("predict", folder, image, "--out", out, "--batch", 0)
        .assertFailed(2, "batch is 0; allowed: ");
    Path bad = Files.writeString(empty.resolve("bad.png"), "no image");
    Files.writeString(out, "mine");
    simclr("predict", folder, empty, "--out", out)
        .assertFailed(2, out + " exists; choose another name, or give --overwrite");
    simclr("predict", folder, empty, image, "--out", out, "--overwrite")
        .assertFailed(
            3,
            "cannot read image "
                + bad
                + ": it is neither a JPEG nor a PNG file; --bad-images=skip leaves such images out");
    assertEquals("mine", Files.readString(out), "a failure replaces nothing");
    Outcome skipped =
        simclr(
            "predict", folder, empty, image, "--out", out, "--overwrite", "--bad-images", "skip");
    assertEquals(0, skipped.code(), skipped.err());
    assertTrue(
        skipped.out().contains("skipped: cannot read image ")
            && skipped.out().contains(bad.toString()));
    assertEquals(2, Files.readAllLines(out).size());
    assertTrue(names(directory).stream().noneMatch(name -> name.endsWith(".tmp")));
  }

  @Test
  void knnTestsAllCombinations() throws IOException {
    Path csv = directory.resolve("knn.csv");
    JsonNode sweep =
        simclr(
                "knn",
                run,
                "--k",
                "1,10,200",
                "--t",
                "0.07,0.1",
                "--distance",
                "cosine,euclidean",
                "--csv",
                csv,
                "--json")
            .json();
    JsonNode rows = sweep.get("results");
    assertEquals(9, rows.size());
    assertFalse(sweep.has("top1"));
    JsonNode alone = simclr("knn", run, "--json", "eval.knn_k=10", "eval.knn_t=0.07").json();
    assertEquals(alone.get("top1"), rows.get(2).get("top1"));
    assertEquals(10, rows.get(2).get("k").intValue());
    assertEquals(TRAIN, rows.get(4).get("k").intValue(), "all vote when there are fewer");
    assertEquals("euclidean", rows.get(6).get("distance").stringValue());
    List<String> lines = Files.readAllLines(csv);
    assertEquals("distance,k,temperature,top1,top5", lines.getFirst());
    assertEquals(10, lines.size());
    assertTrue(lines.get(3).startsWith("cosine,10,0.07," + rows.get(2).get("top1")), lines.get(3));
    assertTrue(lines.get(7).startsWith("euclidean,1,,"), lines.get(7));
    Outcome table = simclr("knn", run, "--k", "1,10", "--features", "z");
    assertEquals(0, table.code(), table.err());
    List<String> printed = table.out().lines().toList();
    assertTrue(
        printed.get(3).matches("kNN {10}\\d+\\.\\d\\d % top-1  1 neighbour, temperature 0\\.1"),
        table.out());
    assertTrue(printed.get(4).startsWith("             "), table.out());
    assertEquals("             of --features z, 16 numbers", printed.get(5));
    String single = simclr("knn", run, "--features", "1").out();
    assertTrue(single.contains("\n             of --features 1, 32 numbers\n"), single);
  }

  @Test
  void knnTakesFeaturesOfAnyLayer() {
    JsonNode h = simclr("knn", run, "--features", "0", "--json", "--k", 5).json();
    assertEquals(simclr("knn", run, "--json", "--k", 5).json().get("top1"), h.get("top1"));
    JsonNode hidden = simclr("knn", run, "--features", "1", "--json").json();
    assertEquals(32, hidden.get("feature_dim").intValue());
    JsonNode z = simclr("knn", run, "--features", "z", "--json").json();
    assertEquals(16, z.get("feature_dim").intValue());
    assertEquals(simclr("knn", run, "--features", "2", "--json").json().get("top1"), z.get("top1"));
  }

  @Test
  void mistakesOfKnnAreOneLineEach() throws IOException {
    simclr("knn", run, "--k", "1,0").assertFailed(2, "--k is 0; allowed: 1 or more");
    simclr("knn", run, "--t", "-1").assertFailed(2, "--t is -1.0; allowed: finite, above 0");
    simclr("knn", run, "--t", "0.1", "--distance", "euclidean")
        .assertFailed(2, "--t belongs to --distance cosine");
    simclr("knn", run, "--k", "many").assertFailed(2, "Invalid value for option '--k'");
    simclr("knn", run, "--distance", "manhattan")
        .assertFailed(
            2,
            "Invalid value for option '--distance' (D): 'manhattan'; allowed: cosine, euclidean");
    simclr("knn", run, "--features", "y").assertFailed(2, "--features is y; allowed: h, z, or");
    simclr("knn", run, "--features", "3")
        .assertFailed(2, "--features is 3; allowed: 0 to 2, the layers of the projection head");
    simclr("knn", run.resolve("model.safetensors"), "--features", "z")
        .assertFailed(2, "--features needs a projection head, so ENCODER must be a run folder");
    Path csv = Files.writeString(directory.resolve("knn.csv"), "mine");
    simclr("knn", run, "--csv", csv).assertFailed(2, csv + " exists; choose another name");
    Outcome measured = simclr("knn", run, "--csv", directory.resolve("no/such/knn.csv"));
    measured.assertFailed(7, "cannot write ");
    assertTrue(measured.fact("kNN").endsWith(" % top-1"), measured.out());
    assertEquals("mine", Files.readString(csv));
  }

  @Test
  void newCommandsExplainThemselves() {
    for (String command : List.of("finetune", "predict", "linear", "knn")) {
      Outcome help = simclr(command, "--help");
      assertEquals(0, help.code());
      assertTrue(help.out().startsWith("Usage: simclr " + command), help.out());
      assertTrue(help.out().lines().allMatch(line -> line.length() <= 80), help.out());
    }
  }

  @Test
  void valuesAreQuotedAsTheStandardSays() {
    assertEquals("a,1,\n", Csv.line(List.of("a", 1, "")));
    assertEquals("\"a,b\",\"c\"\"d\",\"e\nf\"\n", Csv.line(List.of("a,b", "c\"d", "e\nf")));
    assertArrayEquals(new String[] {"\"\r\"\n"}, new String[] {Csv.line(List.of("\r"))});
  }
}
