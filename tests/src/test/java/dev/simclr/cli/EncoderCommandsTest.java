package dev.simclr.cli;

import static dev.simclr.cli.CliRunner.simclr;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.cli.CliRunner.Outcome;
import dev.simclr.data.JpegDecoders;
import dev.simclr.embed.Encoder;
import dev.simclr.embed.EncoderOptions;
import dev.simclr.torch.LeakCheck;
import dev.simclr.train.TrainConfig.DeviceChoice;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** knn, linear and embed, as typed, on a small run with an image folder. */
@Timeout(180)
@ExtendWith(LeakCheck.class)
final class EncoderCommandsTest {
  private static final int CLASSES = 6;
  private static final int TRAIN = 12 * CLASSES;
  private static final int TEST = 5 * CLASSES;
  private static final int DIM = 32;
  private static final int SIZE = 16;

  @TempDir static Path shared;
  @TempDir Path directory;
  private static Path data;
  private static Path run;
  private static String cache;

  /** Stripes whose width and direction are the class, in random colours. */
  private static void write(Path file, int label, long seed) throws IOException {
    Random random = new Random(seed);
    int first = random.nextInt(1 << 24);
    int second = random.nextInt(1 << 24);
    BufferedImage image = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        int place = label % 2 == 0 ? x : y;
        image.setRGB(x, y, place / (1 + label / 2 * 2) % 2 == 0 ? first : second);
      }
    }
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
  }

  @BeforeAll
  static void train() throws IOException {
    data = shared.resolve("images");
    for (int i = 0; i < TRAIN + TEST; i++) {
      int label = i % CLASSES;
      String split = i < TRAIN ? "train" : "test";
      write(data.resolve("%s/class-%d/%03d.png".formatted(split, label, i)), label, i);
    }
    run = shared.resolve("run");
    cache = "data.cache=" + shared.resolve("cache");
    Outcome trained =
        simclr(
            "pretrain",
            "--out",
            run,
            "data.source=folder",
            "data.root=" + data,
            "data.image_size=" + SIZE,
            cache,
            "model.width=0.0625",
            "head.out=16",
            "train.epochs=2",
            "train.batch=24",
            "train.device=cpu",
            "train.threads=1",
            "eval.batch=20");
    assertEquals(0, trained.code(), trained.err());
  }

  private static JsonNode last() throws IOException {
    return JsonMapper.shared().readTree(Files.readString(run.resolve("summary.json"))).get("last");
  }

  @Test
  void theLogNamesTheDecoder() throws IOException {
    String log = Files.readString(run.resolve("train.log"));
    assertTrue(
        log.lines().anyMatch(("jpeg         decoded by " + JpegDecoders.describe())::equals), log);
  }

  @Test
  void knnIsThatOfTheFinalEpoch() throws IOException {
    JsonNode result = simclr("knn", run, "--json").json();
    assertEquals(last().get("knn").doubleValue(), result.get("top1").doubleValue());
    double top5 = result.get("top5").doubleValue();
    assertTrue(top5 >= result.get("top1").doubleValue() && top5 <= 1, result.toString());
    assertEquals(TRAIN, result.get("k").intValue(), "min(200, n)");
    assertEquals(0.1, result.get("temperature").doubleValue());
    assertEquals(TRAIN, result.get("train_images").intValue());
    assertEquals(TEST, result.get("test_images").intValue());
    assertEquals(CLASSES, result.get("classes").intValue());
    assertEquals(DIM, result.get("feature_dim").intValue());
    assertEquals(run.toString(), result.get("encoder").stringValue());
    assertEquals("folder", result.get("data_source").stringValue());
    assertEquals(3, simclr("knn", run, "--json", "eval.knn_k=3").json().get("k").intValue());
  }

  @Test
  void linearIsThatOfTheFinalEpoch() throws IOException {
    JsonNode result = simclr("linear", "--encoder", run, "--json").json();
    assertEquals(last().get("linear").doubleValue(), result.get("top1").doubleValue());
    assertTrue(result.get("top5").doubleValue() >= result.get("top1").doubleValue());
    int iterations = result.get("iterations").intValue();
    assertTrue(iterations >= 1 && iterations <= 300, result.toString());
    // Better than the weights 0, at which the objective is the entropy of a uniform guess.
    double objective = result.get("objective").doubleValue();
    assertTrue(objective > 0 && objective < Math.log(CLASSES), result.toString());
  }

  @Test
  void resultsReadWell() throws IOException {
    Outcome knn = simclr("knn", run.resolve("model.safetensors"));
    assertEquals(0, knn.code(), knn.err());
    List<String> lines = knn.out().lines().toList();
    assertEquals("encoder      " + run.resolve("model.safetensors"), lines.get(0));
    assertEquals(
        "             resnet18 of width 0.0625, views of 16 pixels, 32 features, on cpu",
        lines.get(1));
    assertEquals(
        "data         folder: 72 training images, 30 test images, 6 classes", lines.get(2));
    assertTrue(
        lines.get(3).matches("kNN {10}\\d+\\.\\d\\d % top-1, \\d+\\.\\d\\d % top-5"), knn.out());
    assertEquals("             72 neighbours, temperature 0.1", lines.get(4));
    assertTrue(lines.get(5).matches("time {9}\\d+\\.\\d s"), knn.out());
    assertEquals(6, lines.size());

    Outcome linear = simclr("linear", run);
    assertEquals(0, linear.code(), linear.err());
    List<String> fitted =
        linear.out().lines().filter(line -> !line.startsWith("iteration ")).toList();
    assertTrue(linear.out().contains("\niteration 30, at most 300  objective 0."), linear.out());
    assertTrue(
        fitted.get(4).matches(" {13}\\d+ iterations \\([a-z ]+\\), objective \\d\\.\\d{6}"),
        linear.out());
  }

  @Test
  void anEncoderFarFromItsRunNeedsToBeToldOfImages() throws IOException {
    Path alone = directory.resolve("encoder.safetensors");
    Files.copy(run.resolve("model.safetensors"), alone);
    simclr("knn", alone).assertFailed(2, "there is no " + directory.resolve("config.yaml"));
    JsonNode given =
        simclr(
                "knn",
                alone,
                "--recipe",
                "folder",
                "data.root=" + data,
                cache,
                "train.device=cpu",
                "train.threads=1",
                "eval.batch=20",
                "--json")
            .json();
    assertEquals(last().get("knn").doubleValue(), given.get("top1").doubleValue());
    simclr("knn", alone, "data.source=folder", "data.root=" + data, cache, "--json").json();
  }

  private static FloatBuffer values(byte[] npy, int rows) {
    byte[] header = new byte[NpyHeader.float32(rows, DIM).remaining()];
    NpyHeader.float32(rows, DIM).get(header);
    assertArrayEquals(header, java.util.Arrays.copyOf(npy, header.length));
    assertEquals(header.length + 4 * rows * DIM, npy.length);
    return ByteBuffer.wrap(npy, header.length, npy.length - header.length)
        .slice()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer();
  }

  @Test
  void embedWritesARowForEachImage() throws IOException {
    Path out = directory.resolve("test.npy");
    Outcome done = simclr("embed", run, "--split", "test", "--out", out);
    assertEquals(0, done.code(), done.err());
    assertTrue(done.out().contains("features     " + out + ", float32 [30, 32]\n"), done.out());
    FloatBuffer values = values(Files.readAllBytes(out), TEST);
    List<String> lines = Files.readAllLines(directory.resolve("test.tsv"));
    assertEquals(TEST, lines.size());
    try (Encoder encoder =
        Encoder.load(run, EncoderOptions.builder().device(DeviceChoice.CPU).threads(1).build())) {
      for (int i = 0; i < TEST; i++) {
        String[] columns = lines.get(i).split("\t", -1);
        assertEquals(2, columns.length);
        assertTrue(columns[0].startsWith(columns[1] + "/"), lines.get(i));
        float[] row = new float[DIM];
        values.get(row);
        float[] expected = encoder.embed(data.resolve("test").resolve(columns[0]));
        assertArrayEquals(expected, row, 1e-4f, lines.get(i));
      }
    }
    assertEquals(List.of("test.npy", "test.tsv"), names(directory), "no temporary file is left");
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return new ArrayList<>(files.map(f -> f.getFileName().toString()).sorted().toList());
    }
  }

  @Test
  void embedReplacesFilesOnlyOnRequest() throws IOException {
    Path out = directory.resolve("features.npy");
    Path rows = directory.resolve("features.tsv");
    Files.writeString(rows, "mine");
    simclr("embed", run, "--out", out)
        .assertFailed(2, rows + " exists; choose another name, or give --overwrite");
    assertEquals("mine", Files.readString(rows));
    assertFalse(Files.exists(out));
    assertEquals(0, simclr("embed", run, "--out", out, "--overwrite").code());
    assertEquals(TRAIN, Files.readAllLines(rows).size());
    values(Files.readAllBytes(out), TRAIN);
    simclr("embed", run, "--out", out).assertFailed(2, out + " exists");
    simclr("embed", run, "--out", directory.resolve("x.csv"))
        .assertFailed(2, "--out must be the name of a .npy file");
    simclr("embed", run, "--out", directory.resolve("no/such/x.npy"))
        .assertFailed(7, "cannot write ");
    simclr("embed", run).assertFailed(2, "Missing required option");
    simclr("embed", run, "--out", out, "--split", "all").assertFailed(2, "Invalid value");
    assertEquals(List.of("features.npy", "features.tsv"), names(directory));
  }

  @Test
  void imagesWithoutLabelsAreEmbeddedButNotClassified() throws IOException {
    Path flat = directory.resolve("flat");
    write(flat.resolve("train/tab\there.png"), 0, 1);
    write(flat.resolve("train/deep/back\\slash.png"), 1, 2);
    String root = "data.root=" + flat;
    simclr("knn", run, root).assertFailed(3, "kNN needs test images, and the data has none");
    write(flat.resolve("test/a/one.png"), 0, 3);
    simclr("knn", run, root)
        .assertFailed(3, "kNN needs labels, and not all of the 2 training images have one");
    simclr("linear", run, root)
        .assertFailed(3, "linear needs labels, and not all of the 2 training images have one");
    Path out = directory.resolve("flat.npy");
    assertEquals(0, simclr("embed", run, root, "--out", out).code());
    assertEquals(
        List.of("deep/back\\\\slash.png\t", "tab\\there.png\t"),
        Files.readAllLines(directory.resolve("flat.tsv")));
    simclr("embed", run, "data.root=" + directory.resolve("nowhere"), "--out", out, "--overwrite")
        .assertFailed(3, "");
    values(Files.readAllBytes(out), 2);
  }

  @Test
  void mistakesAreOneLineEach() throws IOException {
    simclr("knn").assertFailed(2, "give the folder of a run or an encoder file");
    simclr("knn", run, "--encoder", run).assertFailed(2, "give one encoder, not both " + run);
    Path nowhere = directory.resolve("nowhere");
    simclr("knn", nowhere).assertFailed(3, "there is no encoder file or run folder " + nowhere);
    simclr("knn", directory).assertFailed(3, "folder " + directory + " has no model.safetensors");
    Path damaged = Files.writeString(directory.resolve("damaged.safetensors"), "not a checkpoint");
    simclr("linear", damaged).assertFailed(3, damaged.toString());
    simclr("knn", run, "eval.knn_kk=3")
        .assertFailed(2, "unknown key eval.knn_kk in the command line; did you mean eval.knn_k?");
    simclr("knn", run, "eval.knn_k=0").assertFailed(2, "eval.knn_k is 0; allowed: 1 to 100000");
    simclr("knn", run, "model.width=2").assertFailed(2, "model.width has no effect");
    simclr("knn", run, "data.image_size=64").assertFailed(2, "data.image_size has no effect");
    simclr("knn", run, "train.epochs=3").assertFailed(2, "train.epochs has no effect");
    simclr("knn", run, "--recipe", "foldr")
        .assertFailed(2, "there is no recipe foldr; did you mean");
    simclr("knn", run, "--jsn").assertFailed(2, "Unknown option: '--jsn'; did you mean --json?");
  }

  @Test
  void everyCommandKnowsItsVersionAndExplainsItself() {
    for (String command :
        List.of("quickstart", "pretrain", "knn", "linear", "embed", "recipes", "doctor")) {
      Outcome version = simclr(command, "--version");
      assertEquals(0, version.code());
      assertTrue(version.out().startsWith("simclr "), command + ": " + version.out());
      Outcome help = simclr(command, "--help");
      assertEquals(0, help.code());
      assertTrue(help.out().startsWith("Usage: simclr " + command), help.out());
      assertTrue(help.out().lines().allMatch(line -> line.length() <= 80), help.out());
    }
  }

  @Test
  void doctorReportsInShortLinesUnlessAskedForMore() {
    Outcome brief = simclr("doctor");
    assertEquals(0, brief.code(), brief.err());
    for (String fact :
        List.of("java ", "memory ", "jpeg ", "libtorch ", "processor ", "cuda ", "check ")) {
      assertTrue(brief.out().lines().anyMatch(line -> line.startsWith(fact)), brief.out());
    }
    assertTrue(brief.out().contains("decoded by " + JpegDecoders.describe()), brief.out());
    assertTrue(brief.out().lines().allMatch(line -> line.length() <= 200), brief.out());
    Outcome all = simclr("doctor", "--verbose");
    assertTrue(all.out().contains("libtorch_cpu.so"), all.out());
    assertTrue(all.out().lines().count() > brief.out().lines().count() + 10);
  }
}
