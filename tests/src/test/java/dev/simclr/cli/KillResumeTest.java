package dev.simclr.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.simclr.testing.ChildJvm;
import dev.simclr.testing.FileTree;
import dev.simclr.testing.TinyFolder;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs of the real command line that are killed or stopped, and go on as if nothing had been. */
@Timeout(600)
class KillResumeTest {
  private static final String MAIN = Main.class.getName();
  private static final int KILLS = 10;
  private static final int LEAST_STEPS = 100;
  private static final int SIGKILLED = 128 + 9;
  private static final int SIGTERMED = 128 + 15;
  private static final Pattern STEP = Pattern.compile("\"type\":\"train\",\"step\":(\\d+)");

  /** -Dsimclr.kill.seed=N repeats a choice of steps. */
  private static final long SEED = Long.getLong("simclr.kill.seed", System.nanoTime() % 1_000_000);

  @TempDir private static Path shared;

  private static Random random;
  private static Path cache;
  private static Path whole;
  private static int steps;

  @TempDir private Path directory;

  @BeforeAll
  static void runUninterrupted() throws IOException, InterruptedException {
    System.out.println("KillResumeTest: -Dsimclr.kill.seed=" + SEED);
    random = new Random(SEED);
    cache = shared.resolve("cache");
    whole = shared.resolve("whole");
    try (ChildJvm.Running child = start(whole)) {
      assertEnded(0, child.await());
    }
    steps = Math.toIntExact(lastStep(whole));
    assertTrue(steps >= LEAST_STEPS, steps + " steps are too few to be killed in");
  }

  /** What is trained on, and for how long: at least {@link #LEAST_STEPS}. */
  private static List<String> data() {
    return List.of(
        "data.source=embedded",
        "data.cache=" + cache,
        "model.stem=imagenet",
        "train.batch=64",
        "train.epochs=2",
        "train.eval_every=3");
  }

  /** Settings for a large network, whose evaluation of the embedded images would take long. */
  private String[] onFewImages(String... more) throws IOException {
    Path images = TinyFolder.write(directory.resolve("images"), 40, 8);
    return TinyFolder.arguments(TinyFolder.data(images), List.of(more));
  }

  private static String[] pretrain(Path run, String... more) {
    return TinyFolder.arguments(
        List.of("pretrain", "--out", run.toString()), TinyFolder.training(), data(), List.of(more));
  }

  private static ChildJvm.Running start(Path run, String... more) throws IOException {
    return new ChildJvm().start(MAIN, pretrain(run, more));
  }

  private static ChildJvm.Running resume(Path run) throws IOException {
    return new ChildJvm().start(MAIN, "pretrain", "--out", run.toString(), "--resume");
  }

  /** Starts the run, or goes on with it if it is there. */
  private static ChildJvm.Running startOrResume(Path run) throws IOException {
    return Files.exists(run) ? resume(run) : start(run);
  }

  private static void assertEnded(int status, ChildJvm.Result result) {
    assertEquals(status, result.status(), result.toString());
    assertEquals("", result.err());
  }

  /** The last step in the metrics, 0 if there is none yet. */
  private static long lastStep(Path run) throws IOException {
    List<Long> found = steps(run);
    return found.isEmpty() ? 0 : found.getLast();
  }

  private static List<Long> steps(Path run) throws IOException {
    try {
      return STEP.matcher(Files.readString(run.resolve("metrics.jsonl")))
          .results()
          .map(match -> Long.parseLong(match.group(1)))
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  /** Waits for something about a run; returns false if the process ended first. */
  private static boolean await(ChildJvm.Running child, Condition condition)
      throws IOException, InterruptedException {
    while (!condition.holds()) {
      if (!child.process().isAlive()) {
        return false;
      }
      Thread.sleep(2);
    }
    return true;
  }

  /**
   * The weights, the state of the optimizer and all that was reported are those of the whole run.
   */
  private static void assertAsUninterrupted(Path run) throws IOException {
    String last = "checkpoints/step-%06d/".formatted(steps);
    for (String file :
        List.of(
            "model.safetensors",
            "head.safetensors",
            last + "model.safetensors",
            last + "optimizer.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(whole.resolve(file)), Files.readAllBytes(run.resolve(file)), file);
    }
    assertEquals(LongStream.rangeClosed(1, steps).boxed().toList(), steps(run));
    assertEquals(reproducible(whole), reproducible(run));
  }

  /** The lines of the metrics without what depends on the clock. */
  private static List<String> reproducible(Path run) throws IOException {
    try (Stream<String> lines = Files.lines(run.resolve("metrics.jsonl"))) {
      return lines
          .map(line -> line.replaceAll(",\"(images_per_second|data_wait|seconds)\":[^,}]*", ""))
          .toList();
    }
  }

  @Test
  void afterTenKillsTheWeightsAreTheSame() throws IOException, InterruptedException {
    int kills = 0;
    for (int round = 0; kills < KILLS; round++) {
      Path run = directory.resolve("killed-" + round);
      List<String> history = new ArrayList<>();
      boolean finished = false;
      while (!finished) {
        boolean kill = kills < KILLS;
        long target = lastStep(run) + 1 + random.nextInt(2 * steps / KILLS);
        long delay = random.nextInt(30);
        try (ChildJvm.Running child = startOrResume(run)) {
          if (kill && await(child, () -> lastStep(run) >= target)) {
            Thread.sleep(delay);
            child.signal("KILL");
          }
          ChildJvm.Result result = child.await();
          if (result.status() == SIGKILLED && kill) {
            kills++;
            history.add("killed at step " + lastStep(run));
          } else {
            assertEnded(0, result);
            finished = true;
          }
        }
      }
      System.out.println("KillResumeTest: " + history);
      assertAsUninterrupted(run);
    }
  }

  @Test
  void aKillWhileACheckpointIsWrittenLeavesTheOthersWhole()
      throws IOException, InterruptedException {
    // A few images with a network of some size: most of the run is writing, which is to be hit.
    // All checkpoints stay.
    String[] settings =
        onFewImages(
            "model.stem=cifar",
            "model.width=0.25",
            "train.batch=8",
            "train.keep_checkpoints=0",
            "train.epochs=4");
    boolean caught = false;
    for (int attempt = 0; attempt < 10 && !caught; attempt++) {
      Path run = directory.resolve("run-" + attempt);
      Path checkpoints = run.resolve("checkpoints");
      int wanted = 1 + random.nextInt(2);
      try (ChildJvm.Running child = start(run, settings)) {
        assertTrue(await(child, () -> names(checkpoints, "step-*").size() >= wanted));
        SortedMap<String, String> seen = new TreeMap<>();
        for (String name : names(checkpoints, "step-*")) {
          FileTree.of(checkpoints.resolve(name)).forEach((k, v) -> seen.put(name + "/" + k, v));
        }
        if (await(child, () -> !names(checkpoints, ".step-*.unfinished").isEmpty())) {
          child.signal("KILL");
        }
        int status = child.await().status();
        caught = status == SIGKILLED && !names(checkpoints, ".step-*.unfinished").isEmpty();
        SortedMap<String, String> now = FileTree.of(checkpoints);
        seen.forEach(
            (file, content) -> assertEquals(content, now.get(file.replaceAll("/$", "")), file));
      }
      if (!caught) {
        continue;
      }
      Path newest = checkpoints.resolve(names(checkpoints, "step-*").getLast());
      String state = Files.readString(newest.resolve("state.json"));
      long step = Long.parseLong(newest.getFileName().toString().substring("step-".length()));
      assertTrue(state.contains("\"step\":" + step + ","), state);
      try (ChildJvm.Running child = resume(run)) {
        ChildJvm.Result result = child.await();
        assertEnded(0, result);
        assertTrue(result.out().contains("step " + step), result.out());
        assertFalse(result.out().contains("passed over"), result.out());
      }
      assertEquals(List.of(), names(checkpoints, ".step-*"));
      Path straight = directory.resolve("straight");
      try (ChildJvm.Running child = start(straight, settings)) {
        assertEnded(0, child.await());
      }
      assertArrayEquals(
          Files.readAllBytes(straight.resolve("model.safetensors")),
          Files.readAllBytes(run.resolve("model.safetensors")));
    }
    assertTrue(caught, "no kill fell into the writing of a checkpoint");
  }

  private static List<String> names(Path folder, String glob) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
      stream.forEach(path -> names.add(path.getFileName().toString()));
    } catch (NoSuchFileException e) {
      return List.of();
    }
    names.sort(null);
    return names;
  }

  @Test
  void aTerminatedRunSavesExits75AndGoesOn() throws IOException, InterruptedException {
    stopTwiceAndFinish("TERM");
  }

  @Test
  void controlCDoesTheSame() throws IOException, InterruptedException {
    assumeFalse(
        ChildJvm.ignoresInterrupts(), "left out: the tests themselves run with SIGINT ignored");
    stopTwiceAndFinish("INT");
  }

  private void stopTwiceAndFinish(String signal) throws IOException, InterruptedException {
    Path run = directory.resolve("run");
    for (int stop = 1; stop <= 2; stop++) {
      long target = lastStep(run) + 1 + random.nextInt(steps / 4);
      try (ChildJvm.Running child = startOrResume(run)) {
        assertTrue(await(child, () -> lastStep(run) >= target), "it ended by itself");
        child.signal(signal);
        ChildJvm.Result result = child.await();
        assertEnded(75, result);
        long last = lastStep(run);
        assertTrue(last >= target && last < steps, "stopped after " + last);
        assertTrue(
            result.out().contains("SIG" + signal + ": finishing the step and saving"),
            result.out());
        assertTrue(
            result
                .out()
                .endsWith(
                    "stopped after step "
                        + last
                        + "; go on with: simclr pretrain --out "
                        + run
                        + " --resume\n"),
            result.out());
        assertTrue(
            Files.exists(run.resolve("checkpoints/step-%06d/state.json".formatted(last))),
            "no checkpoint of step " + last);
      }
    }
    try (ChildJvm.Running child = resume(run)) {
      assertEnded(0, child.await());
    }
    assertAsUninterrupted(run);
  }

  @Test
  void aSecondSignalEndsTheRunAtOnce() throws IOException, InterruptedException {
    Path run = directory.resolve("run");
    // A step of several seconds, so that the second signal comes before its end.
    String[] slow =
        onFewImages("model.width=1", "data.image_size=64", "model.stem=cifar", "train.batch=16");
    try (ChildJvm.Running child = start(run, slow)) {
      assertTrue(
          await(
              child,
              () ->
                  Files.exists(run.resolve("metrics.jsonl"))
                      && Files.readString(run.resolve("metrics.jsonl")).contains("\"eval\"")));
      child.signal("TERM");
      assertTrue(
          await(child, () -> Files.readString(child.out()).contains("once more to exit at once")),
          "it ended at the first signal");
      child.signal("TERM");
      assertEnded(SIGTERMED, child.await());
    }
    assertEquals(List.of(), names(run.resolve("checkpoints"), "*step-*"));
    assertEquals(0, lastStep(run));
  }

  @Test
  void aDiskThatFillsUpLosesNothing() throws IOException, InterruptedException {
    Path run = directory.resolve("run");
    try (ChildJvm.Running child = start(run)) {
      assertTrue(await(child, () -> lastStep(run) >= 12));
      child.signal("TERM");
      assertEnded(75, child.await());
    }
    Map<String, String> saved = FileTree.of(run.resolve("checkpoints"));
    // Checkpoints are larger than the largest file that this process may write.
    List<String> limited = List.of("prlimit", "--fsize=100000");
    try (ChildJvm.Running child =
        new ChildJvm().start(limited, MAIN, "pretrain", "--out", run.toString(), "--resume")) {
      ChildJvm.Result result = child.await();
      assertEquals(7, result.status(), result.toString());
      assertTrue(
          result
              .err()
              .matches(
                  "simclr: cannot write " + run + "/checkpoints/\\S+safetensors: File too large\n"),
          result.toString());
    }
    assertEquals(saved, FileTree.of(run.resolve("checkpoints")));
    try (ChildJvm.Running child = resume(run)) {
      assertEnded(0, child.await());
    }
    assertAsUninterrupted(run);
  }
}
