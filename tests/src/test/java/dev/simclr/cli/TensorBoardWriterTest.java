package dev.simclr.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.simclr.data.Progress;
import dev.simclr.testing.ChildJvm;
import dev.simclr.testing.TinyFolder;
import dev.simclr.train.Evaluation;
import dev.simclr.train.MemoryEstimate;
import dev.simclr.train.Meters;
import dev.simclr.train.PrecisionChoice;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.RunData;
import dev.simclr.train.RunInfo;
import dev.simclr.train.StepProgress;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

final class TensorBoardWriterTest {
  private static final int WHITE = 0xFFFFFF;

  @TempDir Path dir;

  /** A value of a file of events; a picture is there for images only. */
  private record Entry(long step, String tag, byte[] png) {
    String name() {
      return tag + " " + step;
    }
  }

  /** Goes on after step 30, of which the folder may hold reports. */
  private static void resumedRun(Path folder) {
    try (TensorBoardWriter writer = new TensorBoardWriter(PretrainConfig.defaults(), true)) {
      writer.started(info(folder, 30));
      writer.stepped(step(40, 4.5));
      writer.evaluated(evaluation(40, 0.5, OptionalDouble.of(0.625)));
      writer.measured(meters(40, 0.75));
      writer.stepped(step(50, 4.25));
      writer.measured(meters(50, 0.875));
    }
  }

  private static RunInfo info(Path folder, long firstStep) {
    return new RunInfo(
        folder,
        null,
        100,
        firstStep,
        50,
        10,
        "cpu",
        new PrecisionChoice(false, "tested", Optional.empty()),
        1,
        1,
        1,
        0.1,
        new MemoryEstimate(0, 0, 0, 0, 0),
        Optional.empty());
  }

  private static StepProgress step(long step, double loss) {
    return new StepProgress(step, 50, 1, 5, true, loss, 0.5, 1, 0.1, 100, 0, Duration.ZERO);
  }

  private static Evaluation evaluation(long step, double knn, OptionalDouble probe) {
    return new Evaluation(
        step, (int) step / 10, OptionalDouble.of(knn), OptionalDouble.empty(), probe, probe, 1);
  }

  private static Meters meters(long step, double std) {
    return new Meters(step, (int) step / 10, std, 20, 30, 1.5, -2.5, 1);
  }

  /** What the metrics file of a run has after 30 steps. */
  private Path withHistory(String name) throws IOException {
    Path folder = Files.createDirectories(dir.resolve(name));
    Files.writeString(
        folder.resolve("metrics.jsonl"),
        """
        {"type":"raw_pixels","step":0,"knn":0.25}
        {"type":"eval","step":0,"epoch":0,"knn":0.375,"linear":0.25,"seconds":1}
        {"type":"train","step":10,"epoch":1,"loss":5.5}
        {"type":"train","step":30,"epoch":3,"loss":5.0}
        {"type":"eval","step":30,"epoch":3,"knn":0.4375,"probe_h":0.5,"probe_z":0.25,"seconds":1}
        {"type":"meters","step":30,"epoch":3,"std":0.5,"rankme_z":10,"rankme_h":15,\
        "alignment":1,"uniformity":-2,"seconds":1}
        """);
    return folder;
  }

  /** Reads the values of the one file of events that a folder has. */
  private static List<Entry> entries(Path folder) throws IOException {
    Path file;
    try (Stream<Path> files = Files.list(folder.resolve("tensorboard"))) {
      List<Path> all = files.toList();
      assertEquals(1, all.size(), all.toString());
      file = all.getFirst();
    }
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Entry> entries = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] event = new byte[(int) bytes.getLong()];
      bytes.getInt();
      bytes.get(event).getInt();
      long step = field(event, 2).map(TensorBoardWriterTest::integer).orElse(0L);
      Optional<byte[]> value = field(event, 5).flatMap(summary -> field(summary, 1));
      if (value.isPresent()) {
        String tag = new String(field(value.get(), 1).orElseThrow());
        byte[] png = field(value.get(), 4).flatMap(i -> field(i, 4)).orElse(new byte[0]);
        entries.add(new Entry(step, tag, png));
      }
    }
    return entries;
  }

  private static long integer(byte[] varint) {
    return ByteBuffer.wrap(varint).getLong();
  }

  /** The content of a field of a message; of a number, its eight bytes. */
  private static Optional<byte[]> field(byte[] message, int number) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(message);
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) != number) {
          in.skipField(tag);
        } else if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_VARINT) {
          return Optional.of(ByteBuffer.allocate(8).putLong(in.readInt64()).array());
        } else {
          return Optional.of(in.readByteArray());
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new AssertionError("not a message", e);
    }
  }

  private static List<Entry> pictures(Path folder) throws IOException {
    return entries(folder).stream().filter(entry -> entry.png.length > 0).toList();
  }

  private static BufferedImage picture(byte[] png) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(png));
  }

  @Test
  void drawsTheCurvesAtEvaluationsAndMeasurements() throws IOException {
    Path folder = withHistory("run");
    resumedRun(folder);
    List<Entry> pictures = pictures(folder);
    // The loss once for a step, though 40 was evaluated and measured.
    assertEquals(
        List.of(
            "plots/accuracy 40",
            "plots/loss 40",
            "plots/meters 40",
            "plots/rank 40",
            "plots/meters 50",
            "plots/rank 50",
            "plots/loss 50"),
        pictures.stream().map(Entry::name).toList());
    for (Entry entry : pictures) {
      BufferedImage picture = picture(entry.png);
      assertEquals(560, picture.getWidth(), entry.tag);
      assertEquals(340, picture.getHeight(), entry.tag);
      Set<Integer> colours = new HashSet<>();
      for (int y = 0; y < picture.getHeight(); y++) {
        for (int x = 0; x < picture.getWidth(); x++) {
          colours.add(picture.getRGB(x, y) & WHITE);
        }
      }
      assertTrue(colours.contains(WHITE), entry.tag);
      assertTrue(colours.size() > 10, entry.tag + " has " + colours.size() + " colours");
    }
  }

  @Test
  void aResumedRunDrawsItsCurvesFromTheFirstStep() throws IOException {
    RunPlots plots = RunPlots.read(withHistory("a").resolve("metrics.jsonl"));
    plots.add(step(40, 4.5));
    plots.add(evaluation(40, 0.5, OptionalDouble.of(0.625)));
    plots.add(meters(40, 0.75));

    assertCurve(plots.loss, "loss", List.of(10.0, 30.0, 40.0), List.of(5.5, 5.0, 4.5));
    assertCurve(plots.accuracy, "kNN", List.of(0.0, 30.0, 40.0), List.of(37.5, 43.75, 50.0));
    assertCurve(plots.accuracy, "linear", List.of(0.0), List.of(25.0));
    assertCurve(plots.accuracy, "probe h", List.of(30.0, 40.0), List.of(50.0, 62.5));
    assertCurve(plots.accuracy, "probe z", List.of(30.0, 40.0), List.of(25.0, 62.5));
    assertCurve(plots.meters, "std", List.of(30.0, 40.0), List.of(0.5, 0.75));
    assertCurve(plots.meters, "alignment", List.of(30.0, 40.0), List.of(1.0, 1.5));
    assertCurve(plots.meters, "uniformity", List.of(30.0, 40.0), List.of(-2.0, -2.5));
    assertCurve(plots.rank, "h", List.of(30.0, 40.0), List.of(15.0, 30.0));
    assertCurve(plots.rank, "z", List.of(30.0, 40.0), List.of(10.0, 20.0));

    resumedRun(dir.resolve("a"));
    byte[] accuracy = pictures(dir.resolve("a")).getFirst().png;
    assertArrayEquals(plots.accuracy.png(), accuracy);
    Files.createDirectories(dir.resolve("b"));
    resumedRun(dir.resolve("b"));
    assertNotEquals(
        ByteBuffer.wrap(accuracy), ByteBuffer.wrap(pictures(dir.resolve("b")).getFirst().png));
  }

  private static void assertCurve(Plot plot, String name, List<Double> steps, List<Double> values) {
    Curve curve = plot.curves().get(name);
    assertEquals(steps, curve.steps(), name);
    assertEquals(values, curve.values(), name);
  }

  @Test
  void whatHasNoValuesIsNotDrawn() throws IOException {
    Path folder = Files.createDirectories(dir.resolve("untrained"));
    try (TensorBoardWriter writer = new TensorBoardWriter(PretrainConfig.defaults(), true)) {
      writer.started(info(folder, 30));
      writer.evaluated(evaluation(30, 0.5, OptionalDouble.empty()));
      writer.measured(
          new Meters(30, 3, Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN, 1));
    }
    assertEquals(List.of("plots/accuracy 30"), pictures(folder).stream().map(Entry::name).toList());
  }

  /** Writes the events of a run. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      resumedRun(Path.of(arguments[0]));
    }
  }

  @Test
  void aRunGoesOnWhereTextCannotBeDrawn() throws Exception {
    Path folder = Files.createDirectories(dir.resolve("fontless"));
    ChildJvm.Result result =
        new ChildJvm()
            .option("-Djava.awt.headless=false")
            .variable("DISPLAY", ":98765")
            .run(Child.class.getName(), folder.toString());
    assertEquals(0, result.status(), result.toString());
    List<String> warnings =
        result.err().lines().filter(line -> line.startsWith("WARNING")).toList();
    assertEquals(1, warnings.size(), result.toString());
    assertTrue(
        warnings
            .getFirst()
            .startsWith("WARNING: no plots in tensorboard/: this Java cannot draw text ("),
        result.toString());
    List<Entry> entries = entries(folder);
    assertTrue(entries.stream().anyMatch(entry -> entry.name().equals("eval/knn 40")));
    assertEquals(List.of(), entries.stream().filter(entry -> entry.png.length > 0).toList());
  }

  /** Trains for two epochs of two steps, and returns the run folder. */
  private Path pretrained(String... options) throws IOException {
    Path images = TinyFolder.write(dir.resolve("images"), 20, 8);
    Path folder = dir.resolve("run");
    CliRunner.Outcome outcome =
        CliRunner.simclr(
            TinyFolder.arguments(
                List.of("pretrain", "--out", folder.toString()),
                List.of(options),
                TinyFolder.data(images),
                TinyFolder.training()));
    assertEquals(0, outcome.code(), outcome.err());
    return folder;
  }

  /** All that a run writes to its metrics, and the views of its own images. */
  @Test
  void aRunLeavesItsScalarsAndViews() throws IOException {
    Path folder = pretrained();
    List<Entry> entries = entries(folder);
    Map<String, Set<String>> keys =
        Map.of(
            "train",
            Set.of(
                "loss",
                "contrastive_accuracy",
                "contrastive_entropy",
                "lr",
                "images_per_second",
                "data_wait"),
            "eval",
            Set.of("knn", "probe_h", "probe_z"),
            "meters",
            Set.of("std", "rankme_z", "rankme_h", "alignment", "uniformity"));
    Set<String> expected = new TreeSet<>(Set.of("views 0"));
    for (JsonNode line : RunReport.lines(folder.resolve("metrics.jsonl"))) {
      String type = line.get("type").asString();
      keys.getOrDefault(type, Set.of()).stream()
          .filter(line::has)
          .forEach(key -> expected.add(type + "/" + key + " " + line.get("step").asLong()));
    }
    // Two epochs of two steps; the probe has learnt nothing before the first.
    assertEquals(1 + 4 * 6 + 1 + 2 * 3 + 3 * 5, expected.size(), expected.toString());
    List<String> found =
        entries.stream().map(Entry::name).filter(n -> !n.startsWith("plots/")).sorted().toList();
    assertEquals(List.copyOf(expected), found);
    byte[] views =
        entries.stream().filter(e -> e.tag.equals("views")).findFirst().orElseThrow().png;
    PretrainConfig config =
        ConfigLoader.resolveOver(folder.resolve("config.yaml"), Optional.empty(), List.of());
    try (RunData data = RunData.open(config.data(), Progress.NONE)) {
      assertArrayEquals(ViewSheets.draw(config, data.train(), 8, (_, _, _) -> {}).png(), views);
    }
  }

  @Test
  void withoutFiguresARunLeavesScalarsOnly() throws IOException {
    Path folder = pretrained("--no-figures");
    Set<String> tags = new TreeSet<>();
    entries(folder).forEach(entry -> tags.add(entry.tag));
    assertTrue(tags.containsAll(List.of("train/loss", "eval/knn", "meters/std")), tags.toString());
    assertTrue(
        tags.stream().noneMatch(tag -> tag.equals("views") || tag.startsWith("plots/")),
        tags.toString());
  }
}
