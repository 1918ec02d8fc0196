package dev.simclr.cli;

import static dev.simclr.cli.CliRunner.simclr;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.cli.CliRunner.Outcome;
import dev.simclr.testing.ChildJvm;
import dev.simclr.testing.TinyFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** sweep and compare, as typed. */
@Timeout(180)
final class SweepCommandTest {
  @TempDir static Path shared;
  @TempDir Path dir;
  private static Path images;

  @BeforeAll
  static void images() throws IOException {
    images = TinyFolder.write(shared.resolve("images"), 20, 8);
  }

  private Outcome sweep(String yaml, String... more) throws IOException {
    Path file = Files.writeString(dir.resolve("study.yaml"), yaml);
    return simclr(
        TinyFolder.arguments(
            List.of("sweep", file.toString(), "--quiet", "--out", out().toString()),
            TinyFolder.data(images),
            TinyFolder.training().stream()
                .filter(s -> !s.matches("train\\.(seed|epochs)=.*"))
                .toList(),
            List.of(more)));
  }

  private Path out() {
    return dir.resolve("out");
  }

  private List<String> rows() throws IOException {
    return Files.readAllLines(out().resolve("results.csv"));
  }

  private static String cell(List<String> rows, int row, String column) {
    return rows.get(row).split(",", -1)[Arrays.asList(rows.getFirst().split(",")).indexOf(column)];
  }

  private static double accuracy(List<String> rows, int row) {
    return 100 * Double.parseDouble(cell(rows, row, "knn"));
  }

  private List<Path> runs() throws IOException {
    try (Stream<Path> entries = Files.list(out())) {
      return entries.filter(Files::isDirectory).sorted().toList();
    }
  }

  @Test
  void runsAllCombinationsOnceAndComparesThem() throws IOException {
    String yaml =
        "vary:\n  train.seed: [3, 4]\n  head: {none: {head.layers: 0}, two: {head: {}}}\n";
    Outcome first = sweep(yaml);
    assertEquals(0, first.code(), first.err());
    List<String> rows = rows();
    assertEquals(5, rows.size());
    assertEquals("\"train.seed=3 head=none\"", cell(rows, 1, "name"));
    assertEquals("\"train.seed=3 head=two\"", cell(rows, 2, "name"));
    assertEquals("4", cell(rows, 4, "seed"));
    for (int row = 1; row < 5; row++) {
      assertEquals("finished", cell(rows, row, "status"));
      double knn = Double.parseDouble(cell(rows, row, "knn"));
      assertTrue(knn >= 0 && knn <= 1, "knn " + knn);
      assertTrue(Double.parseDouble(cell(rows, row, "loss")) > 0, rows.get(row));
      assertFalse(cell(rows, row, "machine").isEmpty());
    }
    List<String> summary = first.out().lines().toList();
    double mean = (accuracy(rows, 1) + accuracy(rows, 3)) / 2;
    double low = Math.min(accuracy(rows, 1), accuracy(rows, 3));
    String none = String.format(Locale.ROOT, "head=none 2 0 %.2f (%.2f to ", mean, low);
    assertTrue(
        summary.stream().anyMatch(line -> line.replaceAll(" +", " ").startsWith(none)),
        none + " is not in " + summary);

    Path bars = dir.resolve("bars.png");
    Outcome again = sweep(yaml, "--figure", bars.toString());
    assertTrue(ImageIO.read(bars.toFile()).getWidth() > 100);
    assertEquals(0, again.code(), again.err());
    assertEquals(4, again.out().lines().filter(line -> line.endsWith(": done before")).count());
    assertEquals(rows, rows());

    List<String> arguments = new ArrayList<>(List.of("compare"));
    runs().forEach(run -> arguments.add(run.toString()));
    Path figure = dir.resolve("figure.png");
    arguments.addAll(List.of("--figure", figure.toString()));
    Outcome compared = simclr(arguments.toArray(String[]::new));
    assertEquals(0, compared.code(), compared.err());
    List<String> table = compared.out().lines().toList();
    assertTrue(table.getFirst().contains("head.layers  train.seed"), table.getFirst());
    assertFalse(table.getFirst().contains("data."), "what is the same is left out");
    assertEquals(4, table.stream().filter(line -> line.startsWith(out().toString())).count());
    assertTrue(ImageIO.read(figure.toFile()).getWidth() > 100);
    assertEquals(2, simclr(arguments.toArray(String[]::new)).code(), "the figure exists");
  }

  @Test
  void aRunThatLostItsRowIsNotTrainedAgain() throws IOException {
    String yaml = "set: {train.epochs: 2}\nvary: {train.seed: [3]}";
    assertEquals(0, sweep(yaml).code());
    List<String> rows = rows();
    byte[] encoder = Files.readAllBytes(runs().getFirst().resolve("model.safetensors"));
    Files.delete(out().resolve("results.csv"));
    assertEquals(0, sweep(yaml).code());
    assertEquals(cell(rows, 1, "hash"), cell(rows(), 1, "hash"));
    assertEquals(cell(rows, 1, "knn"), cell(rows(), 1, "knn"));
    assertTrue(
        Arrays.equals(encoder, Files.readAllBytes(runs().getFirst().resolve("model.safetensors"))));
  }

  @Test
  void aRunThatDivergesIsAResult() throws IOException {
    Outcome outcome =
        sweep(
            "set: {optim.weight_decay: 1, optim.warmup_epochs: 0, optim.lr_scaling: none}\n"
                + "vary: {speed: {wild: {optim.lr: 1e6, train.epochs: 100},"
                + " calm: {optim.lr: 0.01, train.epochs: 2}}}");
    assertEquals(0, outcome.code(), outcome.err());
    assertEquals("diverged", cell(rows(), 1, "status"));
    assertEquals("", cell(rows(), 1, "knn"));
    assertEquals("finished", cell(rows(), 2, "status"));
  }

  @Test
  void dryRunTrainsNothing() throws IOException {
    Outcome outcome = sweep("vary: {train.seed: [1, 2]}", "--dry-run");
    assertEquals("to do   train.seed=1\nto do   train.seed=2\n", outcome.out());
    assertFalse(Files.exists(out()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vari: {train.seed: [1]} | unknown key vari; allowed: config, recipe, set, vary",
        "recipe: quickstart | vary must be a section",
        "vary: {train.seed: 3} | vary.train.seed must be a list of values",
        "vary: {train.seed: []} | vary.train.seed is empty",
        "vary: {a: {b: 3}} | vary.a.b must be a section of settings",
        "vary: {train.sead: [1]} | study.yaml; did you mean train.seed",
        "recipe: quikstart\\nvary: {train.seed: [1]} | did you mean quickstart",
        "set: 3\\nvary: {train.seed: [1]} | set must be a section",
        "vary: {train.seed: [1, 1]} | the runs train.seed=1 and train.seed=1 are the same",
        "vary: {x: {a: {train.seed: 2}, b: {train.seed: 2}}} | the runs x=a and x=b are the same",
      })
  void refusesWhatIsNoSweep(String yaml, String message) throws IOException {
    Outcome outcome = sweep(yaml.replace("\\n", "\n"));
    assertEquals(2, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().contains(message), outcome.err());
    assertFalse(Files.exists(out()));
  }

  @Test
  void refusesASettingThatWouldMakeAllRunsTheSame() throws IOException {
    Outcome outcome = sweep("vary: {train.seed: [1, 2]}", "train.seed=5");
    assertEquals(2, outcome.code());
    assertTrue(outcome.err().startsWith("simclr: train.seed=5 sets what the sweep varies"));
  }

  @Test
  void missingDataLeavesNoFolder() throws IOException {
    Outcome outcome = sweep("vary: {train.seed: [1]}", "data.root=" + out().resolve("none"));
    assertEquals(3, outcome.code(), outcome.err());
    assertFalse(Files.exists(out()));
  }

  @Test
  void resultsOfSomethingElseAreLeftAlone() throws IOException {
    Files.createDirectories(out());
    Files.writeString(out().resolve("results.csv"), "a,b\n1,2\n");
    Outcome outcome = sweep("vary: {train.seed: [1]}");
    assertEquals(3, outcome.code(), outcome.err());
    assertTrue(outcome.err().contains("other columns"), outcome.err());
    assertEquals(List.of("a,b", "1,2"), rows());
  }

  @Test
  void resultsOfAnotherVersionAreLeftAlone() throws IOException {
    String header =
        SweepResults.COLUMNS.stream()
            .filter(column -> !column.startsWith("probe_"))
            .collect(Collectors.joining(","));
    List<String> before =
        List.of(header, "0123456789ab" + ",".repeat(header.split(",").length - 1));
    Files.createDirectories(out());
    Files.write(out().resolve("results.csv"), before);
    Outcome outcome = sweep("vary: {train.seed: [1]}");
    assertEquals(3, outcome.code(), outcome.err());
    assertEquals(
        "simclr: "
            + out().resolve("results.csv")
            + " was written by another version, whose results have other columns; choose another"
            + " --out, or move the file away\n",
        outcome.err());
    assertEquals(before, rows());
    assertTrue(runs().isEmpty(), "nothing was trained");
  }

  @Test
  void compareWantsRuns() {
    Outcome outcome = simclr("compare", dir.toString());
    assertEquals(3, outcome.code());
    assertEquals("simclr: " + dir + " is not the folder of a run\n", outcome.err());
  }

  @Test
  void mistakesOfCompareAreOneLineEach() throws IOException {
    assertEquals(0, sweep("set: {train.epochs: 1}\nvary: {train.seed: [3]}").code());
    Path run = runs().getFirst();
    Path figure = dir.resolve("no/such/figure.png");
    simclr("compare", run, "--figure", figure).assertFailed(7, "cannot write ");
    assertFalse(Files.exists(dir.resolve("no")));
    simclr("compare", run, "--figure", dir.resolve("figure.jpg"))
        .assertFailed(2, "--figure must be the name of a .png file, found ");
    Path metrics = run.resolve("metrics.jsonl");
    String whole = Files.readString(metrics);
    Files.writeString(metrics, whole + "{\"type\":\"train\",\"step\"");
    Outcome killed = simclr("compare", run);
    assertEquals(0, killed.code(), "a line that was being written counts for nothing");
    Files.writeString(metrics, whole + "{\"type\":\"train\",\"step\"\n");
    simclr("compare", run).assertFailed(3, metrics + " is not valid JSON: ");
    Files.write(metrics, new byte[] {'{', (byte) 0xFF, '}', '\n'});
    simclr("compare", run).assertFailed(3, "cannot read " + metrics + ": ");
  }

  /** Columns of a table of results without what depends on the clock. */
  private static List<String> reproducible(Path folder) throws IOException {
    List<String> rows = Files.readAllLines(folder.resolve("results.csv"));
    return rows.stream()
        .skip(1)
        .map(row ->
            SweepResults.COLUMNS.stream()
                .filter(column -> !Set.of("seconds", "finished").contains(column))
                .map(column -> cell(List.of(rows.getFirst(), row), 1, column))
                .collect(Collectors.joining(",")))
        .toList();
  }

  /** Stopped in its second run, and continued, a sweep ends with the same rows and weights. */
  @Test
  void aSweepThatWasStoppedGoesOn() throws IOException, InterruptedException {
    Path study =
        Files.writeString(
            dir.resolve("long.yaml"),
            "set: {train.epochs: 300, train.eval_every: 150, train.checkpoint_every: 150,"
                + " eval.meters_every: 150}\nvary: {train.seed: [3, 4]}");
    Path whole = dir.resolve("whole");
    assertEquals(0, simclr(arguments(study, whole)).code());
    try (ChildJvm.Running child =
        new ChildJvm().start(Main.class.getName(), arguments(study, out()))) {
      while (!inSecondRun()) {
        assertTrue(child.process().isAlive(), Files.readString(child.out()));
        Thread.sleep(2);
      }
      child.signal("TERM");
      ChildJvm.Result result = child.await();
      assertEquals(75, result.status(), result.toString());
      assertTrue(result.out().endsWith("stopped; the same command goes on\n"), result.toString());
    }
    assertEquals(2, rows().size(), "the heading and the first run");
    assertEquals(1, runs().stream().filter(r -> Files.exists(r.resolve("summary.json"))).count());
    Outcome rest = simclr(arguments(study, out()));
    assertEquals(0, rest.code(), rest.err());
    assertTrue(rest.out().startsWith("[1/2] train.seed=3: done before\n"), rest.out());
    assertEquals(reproducible(whole), reproducible(out()));
    assertEquals(2, runs().size());
    int starts = 0;
    for (Path run : runs()) {
      try (Stream<Path> files = Files.list(run.resolve("tensorboard"))) {
        starts += (int) files.count();
      }
      Path other = whole.resolve(run.getFileName());
      for (String file : List.of("model.safetensors", "head.safetensors")) {
        assertEquals(-1, Files.mismatch(run.resolve(file), other.resolve(file)), file + run);
      }
    }
    assertEquals(3, starts, "the second run was resumed, not begun anew");
  }

  private static String[] arguments(Path study, Path out) {
    return TinyFolder.arguments(
        List.of("sweep", study.toString(), "--quiet", "--out", out.toString()),
        TinyFolder.data(images),
        TinyFolder.training().stream()
            .filter(s -> !s.matches("train\\.(seed|epochs)=.*"))
            .toList());
  }

  /** Whether two runs have begun, and the second has taken some steps. */
  private boolean inSecondRun() throws IOException {
    if (!Files.exists(out().resolve("results.csv"))) {
      return false;
    }
    for (Path run : runs()) {
      Path metrics = run.resolve("metrics.jsonl");
      if (!Files.exists(run.resolve("summary.json")) && Files.exists(metrics)) {
        return Files.readString(metrics).lines().filter(l -> l.contains("\"train\"")).count() > 20;
      }
    }
    return false;
  }

  @ParameterizedTest
  @CsvSource({
    "composition, 49",
    "batch-epochs, 9",
    "head, 15",
    "temperature, 6",
    "color-strength, 5"
  })
  void theSweepsInTheJarResolve(String name, int runs) {
    List<Sweep.Point> points =
        Sweep.of(YamlTree.parse(Sweeps.text(name), name), name, List.of()).points();
    assertEquals(runs, points.size());
    assertEquals(runs, points.stream().map(p -> SweepCommand.hash(p.config())).distinct().count());
    assertTrue(Sweeps.NAMES.contains(name));
  }

  @Test
  void theHashIsOfTheSettingsAndNotOfWhereFilesAre() {
    var a = ShippedRecipes.resolve("cifar10-slim", "data.root=/a", "data.cache=/b");
    var b = ShippedRecipes.resolve("cifar10-slim", "data.root=/c");
    var c = ShippedRecipes.resolve("cifar10-slim", "data.root=/a", "train.seed=1");
    assertEquals(SweepCommand.hash(a), SweepCommand.hash(b));
    assertNotEquals(SweepCommand.hash(a), SweepCommand.hash(c));
    // Of a folder the place is all that says which images are meant.
    var d = ShippedRecipes.resolve("cifar10-slim", "data.source=folder", "data.root=/a");
    var e = ShippedRecipes.resolve("cifar10-slim", "data.source=folder", "data.root=/c");
    assertNotEquals(SweepCommand.hash(d), SweepCommand.hash(e));
  }

  /** Or finished rows would be run again by a version that only has a setting more. */
  @Test
  void theHashStaysFromVersionToVersion() {
    assertEquals("377eaae81eaa", SweepCommand.hash(ShippedRecipes.resolve("cifar10-slim")));
    assertEquals("82affcd1d55b", SweepCommand.hash(ShippedRecipes.resolve("cifar10-small-batch")));
    var labels =
        ShippedRecipes.resolve("cifar10-slim", "loss.objective=sup-con", "loss.labels=class");
    var images = ShippedRecipes.resolve("cifar10-slim", "loss.objective=sup-con");
    assertNotEquals(SweepCommand.hash(labels), SweepCommand.hash(images));
    assertNotEquals(
        SweepCommand.hash(ShippedRecipes.resolve("cifar10-slim")),
        SweepCommand.hash(ShippedRecipes.resolve("cifar10-slim", "loss.queue=8")));
  }
}
