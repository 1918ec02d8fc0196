package dev.simclr.cli;

import static dev.simclr.cli.CliRunner.simclr;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.cli.CliRunner.Outcome;
import dev.simclr.testing.TinyFolder;
import dev.simclr.torch.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** {@code simclr pretrain --dry-run}. */
@ExtendWith(LeakCheck.class)
final class DryRunTest {
  static final List<String> RECIPES = Recipes.NAMES;

  @TempDir Path directory;

  private static Outcome dryRun(Object... arguments) {
    List<String> line = new ArrayList<>(List.of("pretrain", "--dry-run"));
    Stream.of(arguments).map(Object::toString).forEach(line::add);
    return simclr(line.toArray());
  }

  private static void assertSays(Outcome outcome, String name, String fact) {
    assertEquals(0, outcome.code(), outcome.err());
    assertTrue(
        outcome.out().lines().anyMatch(l -> l.startsWith(name) && l.strip().endsWith(fact)),
        name + ": " + fact + "\nin\n" + outcome.out());
  }

  /** What the README of the reference and its formulas give. */
  @Test
  void theGoogleRecipeHasTheNumbersOfTheReference() {
    Outcome outcome = dryRun("--recipe", "cifar10-google");
    assertSays(outcome, "data", "50,000 training and 10,000 test images");
    assertTrue(outcome.out().contains("as published with the data, since data.root is not set"));
    assertSays(outcome, "encoder", "11,173,056 parameters, h of 512");
    assertSays(outcome, "head", "592,000 parameters");
    assertSays(outcome, "steps", "97,657, 98 an epoch");
    assertSays(outcome, "warm-up", "976 steps");
    assertSays(outcome, "peak lr", "2.000");
    assertSays(outcome, "loss", "nt-xent-sum, temperature 0.5, 2 views");
    assertSays(outcome, "batch", "  512 images");
    assertTrue(outcome.out().contains("estimated peak"), outcome.out());
  }

  @Test
  void theImageNetRecipesHaveTheNumbersOfThePapers() {
    Outcome v1 = dryRun("--recipe", "imagenet-resnet50-v1");
    assertSays(v1, "encoder", "23,508,032 parameters, h of 2,048");
    assertSays(v1, "head", "4,460,672 parameters");
    assertSays(v1, "steps", "31,279, 313 an epoch");
    assertSays(v1, "warm-up", "3,127 steps");
    assertSays(v1, "peak lr", "4.800");
    Outcome v2 =
        dryRun(
            "--recipe",
            "imagenet-resnet50-v2",
            "model.encoder=resnet152",
            "model.width=3",
            "model.resnet_d=true",
            "model.sk_ratio=0.0625");
    assertSays(v2, "encoder", "794,704,160 parameters, h of 6,144");
    assertSays(v2, "peak lr", "6.400");
    assertTrue(
        Pattern.compile(
                "\\n {13}more than the [\\d,]+ MiB that are available here;"
                    + " with train\\.memory_check=refuse such a run is refused\\n")
            .matcher(v2.out())
            .find(),
        v2.out());
  }

  @ParameterizedTest
  @FieldSource("RECIPES")
  void everyRecipeButAFolderOfOnesOwnCanBePlannedWithoutData(String recipe) {
    Outcome outcome = dryRun("--recipe", recipe);
    if (recipe.equals("folder")) {
      assertEquals(2, outcome.code());
      assertTrue(outcome.err().startsWith("simclr: data.root is not set"), outcome.err());
    } else {
      assertSays(outcome, "memory", ")");
    }
  }

  @Test
  void countsTheImagesThatAreThereAndLeavesNothingBehind() throws IOException {
    Path images = directory.resolve("images");
    for (int i = 0; i < 9; i++) {
      Path file = images.resolve("train/a/" + i + ".png");
      Files.createDirectories(file.getParent());
      // What is inside is of no interest.
      Files.writeString(file, "no image");
    }
    Path run = directory.resolve("run");
    Outcome outcome =
        dryRun(
            "--recipe",
            "folder",
            "--out",
            run,
            "data.root=" + images,
            "train.batch=4",
            "train.epochs=5");
    assertSays(outcome, "data", "9 training and 0 test images");
    assertFalse(outcome.out().contains("as published"));
    assertSays(outcome, "steps", "10, 2 an epoch");
    assertFalse(Files.exists(run));
    Outcome small = dryRun("--recipe", "folder", "data.root=" + images);
    assertEquals(3, small.code());
    assertTrue(small.err().startsWith("simclr: train.batch is 256"), small.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "train.chunk=128 | nt-xent, temperature 0.5, 2 views | 256 images in chunks of 128 (shuffled)",
        "train.chunk=256 | nt-xent, temperature 0.5, 2 views | 256 images",
        "loss.queue=4096 | nt-xent, temperature 0.5, queue of 4,096, 2 views | 256 images",
        "train.accumulate=4 | nt-xent, temperature 0.5, 2 views | 4 of 256 images for each step",
        "loss.l2_norm=false | nt-xent, temperature 0.5, without L2 norm, 2 views | 256 images",
        "loss.objective=hcl | hcl, temperature 0.5, tau_plus 0.1, beta 1.0, 2 views | 256 images",
        "loss.objective=dclw | dclw, temperature 0.5, sigma 0.5, 2 views | 256 images",
        "loss.objective=sup-con loss.labels=class augment.views=3 | sup-con by class, temperature"
            + " 0.5, 3 views | 256 images"
      })
  void theLossAndItsBatchAreSaid(String settings, String loss, String batch) {
    List<String> arguments = new ArrayList<>(List.of("--recipe", "cifar10-slim"));
    arguments.addAll(List.of(settings.split(" ")));
    Outcome outcome = dryRun(arguments.toArray());
    assertSays(outcome, "loss", "  " + loss);
    assertSays(outcome, "batch", "  " + batch);
  }

  @Test
  void theRunSaysTheSameAsItsPlan() throws IOException {
    Path images = TinyFolder.write(directory.resolve("images"), 20, 8);
    List<String> settings =
        TinyFolder.plus(TinyFolder.training(), "train.chunk=4", "train.epochs=1");
    Outcome plan =
        simclr(
            TinyFolder.arguments(
                List.of("pretrain", "--dry-run"), TinyFolder.data(images), settings));
    Outcome run =
        simclr(
            TinyFolder.arguments(
                List.of("pretrain", "--out", directory.resolve("run").toString()),
                TinyFolder.data(images),
                settings));
    assertEquals(0, run.code(), run.err());
    assertSays(run, "batch", "  8 images in chunks of 4 (shuffled)");
    for (String name : List.of("loss", "batch", "peak lr")) {
      assertEquals(plan.fact(name), run.fact(name));
    }
  }

  /** Plurals of one, in all that a run and its use print. */
  @Test
  void oneOfEachReadsWell() throws IOException {
    Path images = TinyFolder.write(directory.resolve("images"), 2, 1);
    Path run = directory.resolve("run");
    List<String> settings =
        TinyFolder.plus(TinyFolder.training(), "train.batch=2", "train.epochs=1");
    Files.writeString(images.resolve("train/rows/notes.txt"), "no image");
    StringBuilder all = new StringBuilder();
    for (List<String> command :
        List.of(List.of("pretrain", "--dry-run"), List.of("pretrain", "--out", run.toString()))) {
      Outcome outcome = simclr(TinyFolder.arguments(command, TinyFolder.data(images), settings));
      assertEquals(0, outcome.code(), outcome.err());
      String ignored = "ignored 1 file under " + images.toRealPath().resolve("train");
      assertEquals(
          1, outcome.out().lines().filter(line -> line.startsWith(ignored)).count(), outcome.out());
      all.append(outcome.out());
    }
    assertTrue(all.toString().contains("packed 1 image of folder test into"), all.toString());
    assertTrue(all.toString().contains(" s for 1 step\n"), all.toString());
    all.append(simclr("knn", run, "--k", 1).out()).append(simclr("linear", run).out());
    assertTrue(all.toString().contains("1 neighbour,"), all.toString());
    Matcher wrong =
        Pattern.compile(
                "(?<![\\d.,])1 (\\w+ )?(steps|images|epochs|files|iterations|neighbours|classes)\\b")
            .matcher(all);
    assertFalse(wrong.find(), all.toString());
  }

  @Test
  void aWarningComesOnce() {
    String warning = "warning: data.train has no meaning for embedded: not used";
    Outcome outcome = dryRun("--recipe", "quickstart", "data.train=mine");
    assertEquals(
        1, outcome.out().lines().filter(line -> line.equals(warning)).count(), outcome.out());
  }

  @Test
  void settingsThatTheLossDoesNotUseAreNamed() {
    Outcome idle =
        dryRun(
            "--recipe",
            "cifar10-slim",
            "train.device=cpu",
            "loss.sigma=1",
            "loss.tau_plus=0.2",
            "loss.beta=2");
    assertEquals(0, idle.code(), idle.err());
    assertEquals(
        List.of(
            "warning: loss.sigma is 1.0, but loss.objective is nt-xent; only dclw uses it",
            "warning: loss.tau_plus is 0.2, but loss.objective is nt-xent; only hcl uses it",
            "warning: loss.beta is 2.0, but loss.objective is nt-xent; only hcl uses it"),
        idle.out().lines().filter(line -> line.contains("loss.")).toList());
    for (String used :
        List.of("loss.objective=dclw loss.sigma=1", "loss.objective=hcl loss.beta=2")) {
      String[] settings = used.split(" ");
      Outcome outcome =
          dryRun("--recipe", "cifar10-slim", "train.device=cpu", settings[0], settings[1]);
      assertFalse(outcome.out().contains("warning: loss"), outcome.out());
    }
  }

  /** The lists start from the working directory, and what they name from their folder. */
  @Test
  void listsNeedNoRoot() throws IOException {
    TinyFolder.write(directory.resolve("images"), 4, 0);
    Path list = directory.resolve("images/list.txt");
    Files.writeString(list, "train/rows/0.png\ntrain/columns/1.png\n");
    assertSays(
        dryRun("data.source=list", "data.train=" + list, "train.batch=2", "optim.warmup_epochs=0"),
        "data",
        "2 training and 0 test images");
    Outcome none = dryRun("data.source=list");
    none.assertFailed(2, "data.train is not set; data.source list needs the file that lists the");
  }

  @Test
  void publishedSizesFollowThePart() {
    assertSays(dryRun("--recipe", "stl10"), "data", "100,000 training and 8,000 test images");
    assertSays(
        dryRun("--recipe", "stl10", "data.train=fold-3"),
        "data",
        "1,000 training and 8,000 test images");
    Outcome wrong = dryRun("--recipe", "stl10", "data.train=fold-12");
    assertEquals(2, wrong.code());
    assertTrue(wrong.err().startsWith("simclr: data.train is fold-12; allowed"), wrong.err());
  }

  /** The layout of ImageNet's archives: a folder for each synset, names in capital letters. */
  @Test
  void imageNetIsItsTwoFoldersOfSynsets() throws IOException {
    Path root = directory.resolve("imagenet");
    for (String name :
        List.of(
            "train/n01440764/n01440764_18.JPEG",
            "train/n01443537/n01443537_2.JPEG",
            "val/n01440764/ILSVRC2012_val_00000293.JPEG",
            "test/ILSVRC2012_test_00000001.JPEG")) {
      Files.createDirectories(root.resolve(name).getParent());
      Files.writeString(root.resolve(name), "an image");
    }
    Outcome outcome =
        dryRun(
            "--recipe",
            "imagenet-resnet50-v1",
            "data.root=" + root,
            "train.batch=2",
            "optim.warmup_epochs=0");
    assertSays(outcome, "data", "2 training and 1 test image");
  }

  @Test
  void contradictionsAreNamed() {
    Outcome resume = dryRun("--resume", "--out", directory);
    assertEquals(2, resume.code());
    assertEquals("simclr: --dry-run and --resume exclude each other", resume.err().strip());
    Outcome longWarmUp = dryRun("--recipe", "quickstart", "train.steps=1", "train.batch=16");
    assertEquals(2, longWarmUp.code());
    assertTrue(
        longWarmUp.err().contains("at most the steps of the run, which has 1"), longWarmUp.err());
    Outcome views = dryRun("--recipe", "quickstart", "train.device=cpu", "augment.device=cuda");
    assertEquals(2, views.code());
    assertEquals(
        "simclr: augment.device is cuda, and training is on cpu; allowed here: cpu",
        views.err().strip());
  }
}
