package dev.simclr.cli;

import static dev.simclr.cli.CliRunner.simclr;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.checkpoint.SafetensorsWriter;
import dev.simclr.cli.CliRunner.Outcome;
import dev.simclr.model.ProjectionHead;
import dev.simclr.model.ResNet;
import dev.simclr.testing.TinyFolder;
import dev.simclr.torch.LeakCheck;
import dev.simclr.train.EncoderConfig;
import dev.simclr.train.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** {@code --dry-run} of {@code linear} and {@code finetune}. */
@Timeout(180)
@ExtendWith(LeakCheck.class)
final class ClassifierDryRunTest {
  private static final int SIZE = 16;
  private static final int DIM = 32;

  @TempDir static Path shared;
  @TempDir Path directory;
  private static Path data;
  private static Path run;

  /** A run folder has the weights of encoder and head; the usual head has 2 layers. */
  @BeforeAll
  static void write() throws IOException {
    data = TinyFolder.write(shared.resolve("images"), 40, 12);
    run = Files.createDirectories(shared.resolve("run"));
    EncoderConfig config = EncoderConfig.of(ModelConfig.builder().width(0.0625).build(), SIZE);
    try (ResNet encoder = config.network(5);
        ProjectionHead head = ProjectionHead.builder(DIM).layers(2).out(128).build()) {
      SafetensorsWriter.write(run.resolve("model.safetensors"), encoder.state(), config.metadata());
      SafetensorsWriter.write(run.resolve("head.safetensors"), head.state(), Map.of());
    }
  }

  private List<String> images() {
    return List.of(
        "data.source=folder",
        "data.root=" + data,
        "data.cache=" + directory.resolve("cache"),
        "train.device=cpu",
        "train.threads=1");
  }

  private static void assertSays(Outcome outcome, String name, String fact) {
    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(
        outcome.out().lines().anyMatch(l -> l.startsWith(name) && l.strip().endsWith(fact)),
        name + ": " + fact + "\nin\n" + outcome.out());
  }

  private static String grouped(JsonNode number) {
    return String.format(Locale.ROOT, "%,d", number.longValue());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "linear --method sgd --epochs 2 --batch 16",
        "finetune --epochs 2 --batch 8",
        "finetune --epochs 1 --batch 8 --labels 25%",
        "finetune --epochs 2 --batch 8 --labels 5 --from-block 0",
        "finetune --epochs 1 --batch 8 --from-block 2 --head-layer 2",
        "finetune --epochs 1 --batch 8 --from-block 4 --head-layer 1",
        "finetune --epochs 1 --batch 8 --protocol v2 --labels 50% --lr 0.02"
      })
  void itSaysWhatTheTrainingThenDoes(String command) throws IOException {
    List<String> words = List.of(command.split(" "));
    List<String> line = TinyFolder.plus(List.of(words.getFirst(), run.toString()));
    Path out = directory.resolve("out");
    List<String> options = TinyFolder.plus(words.subList(1, words.size()), "--out", out.toString());
    Outcome plan = simclr(TinyFolder.arguments(line, images(), options, List.of("--dry-run")));
    assertSays(plan, "memory", ")");
    assertEquals("", plan.err());
    assertFalse(Files.exists(out), "no results");
    assertFalse(Files.exists(directory.resolve("cache")), "no image is packed");

    JsonNode done = simclr(TinyFolder.arguments(line, images(), options, List.of("--json"))).json();
    assertSays(
        plan,
        "data",
        done.get("train_images") + " of 40 training images, 12 test images, 2 classes");
    assertSays(
        plan,
        "parameters",
        " of which " + grouped(done.get("trained_parameters")) + " are trained");
    int epochs = done.get("epochs").intValue();
    long steps = done.get("steps").longValue();
    assertSays(plan, "steps", "  " + steps + ", " + steps / epochs + " an epoch");
    assertSays(
        plan,
        "peak lr",
        String.format(Locale.ROOT, "  %.4g", done.get("peak_learning_rate").doubleValue()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "linear | h of 32 | 66 | L-BFGS on standardised features, weight decay 1.0E-4, at most 300",
        "linear --features z | z of 128 | 258 | L-BFGS on standardised features, weight decay",
        "linear --features 1 | 1 of 32 | 66 | L-BFGS on standardised features, weight decay",
        "linear --method lbfgs | h of 32 | 66 | L-BFGS, the best of 45 lambdas from 1.000e-06",
        "linear --method lbfgs --lambda 3,0.1,3 | h of 32 | 66 | L-BFGS, the best of 2 lambdas from",
        "linear --method lbfgs --lambda 3 | h of 32 | 66 | L-BFGS, lambda 3.000, at most 300"
      })
  void itSaysWhatLbfgsFits(String command, String features, String parameters, String fit)
      throws IOException {
    List<String> words = List.of(command.split(" "));
    List<String> line =
        TinyFolder.plus(
            List.of("linear", run.toString()),
            words.subList(1, words.size()).toArray(new String[0]));
    Outcome plan = simclr(TinyFolder.arguments(line, images(), List.of("--dry-run")));
    assertSays(plan, "encoder", run.toString());
    assertSays(plan, "data", "40 of 40 training images, 12 test images, 2 classes");
    assertSays(plan, "features", "  " + features);
    assertSays(plan, "parameters", "  " + parameters);
    assertTrue(plan.fact("fit").startsWith("fit          " + fit), plan.out());
    assertFalse(Files.exists(directory.resolve("cache")), "no image is packed");

    JsonNode done = simclr(TinyFolder.arguments(line, images(), List.of("--json"))).json();
    assertTrue(features.endsWith(" of " + done.get("feature_dim")), done.toString());
  }

  /** ResNet-18 with a CIFAR stem and ten classes has 11,173,962 weights. */
  @Test
  void theSupervisedRecipeNeedsNeitherEncoderNorData() {
    Outcome plan = simclr("finetune", "--recipe", "supervised", "--dry-run", "train.device=cpu");
    assertSays(plan, "encoder", "random weights");
    assertSays(plan, "data", "50,000 of 50,000 training images, 10,000 test images, 10 classes");
    assertTrue(plan.out().contains("as published with the data, since data.root is not set"));
    assertSays(plan, "parameters", "  11,173,962, of which 11,173,962 are trained");
    assertSays(plan, "steps", "  19,500, 195 an epoch");
    assertSays(plan, "peak lr", "0.1000");
  }

  /** Steps of the protocols on ImageNet; 1 % of its labels are 13 of each class. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "linear-v1 | 1,281,167 | 28,080, 312 an epoch | 1.600",
        "linear-v2 | 1,281,167 | 28,080, 312 an epoch | 1.600",
        "finetune-1pct-v1 | 13,000 | 180, 3 an epoch | 0.8000",
        "finetune-10pct-v1 | 128,000 | 930, 31 an epoch | 0.8000",
        "finetune-1pct-v2 | 13,000 | 720, 12 an epoch | 0.1600",
        "finetune-10pct-v2 | 128,000 | 3,750, 125 an epoch | 0.1600"
      })
  void everyRecipeCanBePlanned(String recipe, String images, String steps, String lr) {
    Outcome plan =
        simclr(
            recipe.startsWith("linear") ? "linear" : "finetune",
            run,
            "--recipe",
            recipe,
            "--dry-run",
            "data.source=imagenet",
            "train.device=cpu");
    assertSays(
        plan,
        "data",
        "  " + images + " of 1,281,167 training images, 50,000 test images, 1,000 classes");
    assertSays(plan, "steps", "  " + steps);
    assertSays(plan, "peak lr", "  " + lr);
  }

  @Test
  void whatWouldFailIsSaid() {
    simclr("linear", run, "--dry-run", "--features", 3, "data.source=cifar10")
        .assertFailed(2, "--features is 3; allowed: 0 to 2");
    simclr("linear", run, "--dry-run", "--json", "data.source=cifar10")
        .assertFailed(2, "--dry-run and --json exclude each other");
    simclr("finetune", run, "--dry-run", "--json", "data.source=cifar10")
        .assertFailed(2, "--dry-run and --json exclude each other");
    simclr("linear", run, "--method", "sgd", "--dry-run", "--json", "data.source=cifar10")
        .assertFailed(2, "--dry-run and --json exclude each other");
    simclr("finetune", run, "--dry-run", "data.source=stl10", "data.train=unlabeled")
        .assertFailed(
            3, "finetune needs labels, and not all of the 100000 training images have one");
    simclr(
            TinyFolder.arguments(
                List.of("finetune", run.toString(), "--dry-run"), images(), List.of()))
        .assertFailed(3, "the batch is 128, more than the 40 training images");
    simclr("finetune", run, "--dry-run", "data.source=folder")
        .assertFailed(2, "data.root is not set");
  }

  /** The same commands without --dry-run say so before they pack images. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "linear --method sgd | 3 | the batch is 256, more than the 40 training images; take a batch of 40 or less",
        "linear --features 3 | 2 | --features is 3; allowed: 0 to 2",
        "knn --features 3 | 2 | --features is 3; allowed: 0 to 2",
        "knn data.test=train/rows | 3 | kNN needs labels, and not all of the 20 test images have",
        "finetune --out OUT | 3 | the batch is 128, more than the 40 training images; take a batch of 40 or less",
        "finetune --out OUT --labels 21 | 3 | class columns has 20 labelled images, fewer than the 21"
      })
  void noImageIsPackedForWhatIsRefused(String command, int code, String message) {
    Path out = directory.resolve("out");
    List<String> words = List.of(command.replace("OUT", out.toString()).split(" "));
    simclr(
            TinyFolder.arguments(
                List.of(words.getFirst(), run.toString()),
                images(),
                words.subList(1, words.size())))
        .assertFailed(code, message);
    assertFalse(Files.exists(directory.resolve("cache")), "no image is packed");
    assertFalse(Files.exists(out), "no results");
  }

  /** Memory follows what is trained: the linear layer alone keeps no activations. */
  @Test
  void lessIsTrainedWithLessMemory() {
    long[] peaks = new long[2];
    for (int i = 0; i < 2; i++) {
      Outcome plan =
          simclr(
              "finetune",
              "--recipe",
              "supervised",
              "--dry-run",
              "train.device=cpu",
              "train.precision=float32",
              "--from-block",
              i == 0 ? "-1" : "4");
      assertSays(plan, "memory", ")");
      peaks[i] =
          Long.parseLong(
              plan.fact("memory").replaceAll(".*peak ([\\d,]+) MiB.*", "$1").replace(",", ""));
    }
    // Activations of 256 views: 2 x 2.0 MB of convolutions' outputs each, and more.
    assertTrue(peaks[0] > 1000 && peaks[1] < peaks[0] / 3, peaks[0] + " and " + peaks[1]);
  }
}
