package dev.simclr.cli;

import static dev.simclr.cli.CliRunner.simclr;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.simclr.cli.CliRunner.Outcome;
import dev.simclr.testing.ChildJvm;
import dev.simclr.testing.FileTree;
import dev.simclr.testing.Fixtures;
import dev.simclr.testing.TinyFolder;
import dev.simclr.torch.Torch;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What users get wrong: one line on the standard error, the documented exit code, and a run that is
 * there already stays as it is, byte for byte.
 */
@Timeout(300)
class BadInputTest {
  private static final String MAIN = Main.class.getName();

  @TempDir private static Path shared;

  private static Path images;
  private static Path kept;
  private static SortedMap<String, String> before;

  @TempDir private Path directory;

  @BeforeAll
  static void trainOnce() throws IOException {
    images = TinyFolder.write(shared.resolve("images"), 20, 8);
    kept = shared.resolve("kept");
    Outcome outcome =
        simclr(
            TinyFolder.arguments(pretrain(kept), TinyFolder.data(images), TinyFolder.training()));
    succeeded(outcome);
    before = FileTree.of(kept);
    assertTrue(
        before.containsKey("checkpoints/step-000004/state.json"), before.keySet().toString());
  }

  @AfterEach
  void theRunThatWasThereIsUntouched() throws IOException {
    SortedMap<String, String> after = FileTree.of(kept);
    assertEquals(before.keySet(), after.keySet());
    before.forEach((file, content) -> assertTrue(content.equals(after.get(file)), file));
  }

  private static List<String> pretrain(Path out) {
    return List.of("pretrain", "--quiet", "--out", out.toString());
  }

  private static void refused(int code, String message, Outcome outcome) {
    assertEquals("simclr: " + message + "\n", outcome.err());
    assertEquals(code, outcome.code());
  }

  private static void succeeded(Outcome outcome) {
    assertEquals("", outcome.err());
    assertEquals(0, outcome.code());
  }

  /** Runs in the folder of the run that is there, which is to be overwritten. */
  private static Outcome overwriting(List<String> data, String... settings) {
    return simclr(
        TinyFolder.arguments(
            pretrain(kept),
            List.of("--overwrite"),
            data,
            TinyFolder.training(),
            List.of(settings)));
  }

  private static Outcome onImages(String... settings) {
    return overwriting(TinyFolder.data(images), settings);
  }

  private List<String> folder(Path root) {
    return TinyFolder.data(root);
  }

  // Data

  @Test
  void missingPath() {
    Path nowhere = directory.resolve("nowhere");
    refused(3, "no such directory: " + nowhere, overwriting(folder(nowhere)));
    refused(
        2,
        "data.root is not set; data.source folder needs the directory that holds the data",
        overwriting(List.of("data.source=folder")));
  }

  @Test
  void aFileInPlaceOfAFolder() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "");
    refused(3, "not a directory: " + file, overwriting(folder(file)));
  }

  @Test
  void emptyFolder() throws IOException {
    Path empty = Files.createDirectory(directory.resolve("empty")).toRealPath();
    refused(3, "no JPEG or PNG images under " + empty, overwriting(folder(empty)));
  }

  @Test
  void oneImage() throws IOException {
    Path one = TinyFolder.write(directory.resolve("one"), 1, 0);
    refused(
        3,
        "train.batch is 2, more than the number of training images, which is 1; the last partial"
            + " batch is dropped, so none would be left; give more images",
        overwriting(folder(one), "train.batch=2"));
    refused(2, "train.batch is 1; allowed: 2 to 65536", overwriting(folder(one), "train.batch=1"));
  }

  @Test
  void batchLargerThanTheData() {
    refused(
        3,
        "train.batch is 21, more than the number of training images, which is 20; the last"
            + " partial batch is dropped, so none would be left; give train.batch=20 or less, or"
            + " more images",
        onImages("train.batch=21"));
  }

  /** Packing takes minutes: what can be said before is said before. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          3 | train.batch is 21, more  | train.batch=21
          2 | optim.warmup_epochs is 2 | train.steps=1 optim.warmup_epochs=2
          2 | train.chunk is 8; allowed | train.batch=16 train.chunk=8 augment.views=3
          2 | train.device is cuda     | train.device=cuda
          3 | cannot read nowhere      | --init-from nowhere.safetensors
          3 | loss.labels is class     | loss.objective=sup-con loss.labels=class data.train=train/rows
          3 | no such directory        | data.test=nowhere
          5 | the run needs about      | data.image_size=1024 model.width=8 model.stem=cifar
          """)
  void nothingIsPackedForARunThatIsRefused(int code, String message, String settings)
      throws IOException {
    assumeTrue(!settings.contains("cuda") || !Torch.cudaAvailable());
    Path unpacked = TinyFolder.write(directory.resolve("unpacked"), 20, 8);
    Outcome outcome =
        simclr(
            TinyFolder.arguments(
                pretrain(directory.resolve("run")),
                folder(unpacked),
                TinyFolder.training(),
                List.of(settings.split(" "))));
    outcome.assertFailed(code, message);
    assertFalse(Files.exists(directory.resolve("cache")), "no image is packed");
    assertFalse(Files.exists(directory.resolve("run")), "nothing was started");
  }

  @Test
  void imagesThatAreNotRgbAreConverted() throws IOException {
    Path mixed = TinyFolder.write(directory.resolve("mixed"), 4, 2);
    List<String> names =
        List.of(
            "png_gray.png",
            "png_gray_alpha.png",
            "png_gray_16bit.png",
            "png_1bit.png",
            "png_palette.png",
            "png_rgba.png",
            "jpeg_gray.jpg",
            "jpeg_cmyk.jpg",
            "jpeg_ycck.jpg");
    for (String name : names) {
      Files.copy(Fixtures.path("data/" + name), mixed.resolve("train/rows").resolve(name));
    }
    Path out = directory.resolve("run");
    Outcome outcome =
        simclr(
            TinyFolder.arguments(
                pretrain(out),
                folder(mixed),
                TinyFolder.training(),
                List.of("train.batch=" + (4 + names.size()))));
    succeeded(outcome);
    assertEquals(13, trainingImages(out));
  }

  private static int trainingImages(Path run) throws IOException {
    String summary = Files.readString(run.resolve("summary.json"));
    Matcher matcher = Pattern.compile("\"images\" *: *(\\d+)").matcher(summary);
    assertTrue(matcher.find(), summary);
    return Integer.parseInt(matcher.group(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          2000000000 | 16 | its header says 2000000000x16 pixels, a side may have 65500
          60000 | 60000 | its header says 60000x60000 pixels, allowed are 89478485
          17 | 16 | corrupt: \
          """)
  void aFileThatLiesAboutItsSize(int width, int height, String reason) throws IOException {
    Path liars = TinyFolder.write(directory.resolve("liars"), 12, 2).toRealPath();
    Path liar = liars.resolve("train/rows/2.png");
    byte[] png = Files.readAllBytes(liar);
    // After the signature: length and type of IHDR, then its 13 bytes and their checksum.
    ByteBuffer.wrap(png).putInt(16, width).putInt(20, height);
    CRC32 crc = new CRC32();
    crc.update(png, 12, 17);
    ByteBuffer.wrap(png).putInt(29, (int) crc.getValue());
    Files.write(liar, png);

    Outcome failed = overwriting(folder(liars));
    assertEquals(3, failed.code(), failed.err());
    assertEquals(1, failed.err().lines().count(), failed.err());
    assertTrue(failed.err().startsWith("simclr: bad image " + liar + ": " + reason), failed.err());

    Path out = directory.resolve("run");
    Outcome skipped =
        simclr(
            TinyFolder.arguments(
                pretrain(out),
                folder(liars),
                TinyFolder.training(),
                List.of("data.bad_images=skip")));
    succeeded(skipped);
    assertEquals(11, trainingImages(out));
    // The pack that is there now knows what was left out, and so does a run that is to fail.
    Outcome again = overwriting(folder(liars));
    assertEquals(3, again.code(), again.err());
    assertTrue(
        again.err().startsWith("simclr: bad image rows/2.png of " + liars + "/train: " + reason),
        again.err());
  }

  @Test
  void aTruncatedImage() throws IOException {
    Path cut = TinyFolder.write(directory.resolve("cut"), 12, 2).toRealPath();
    Path file = cut.resolve("test/columns/1.png");
    byte[] png = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(png, png.length / 2));
    Outcome outcome = overwriting(folder(cut));
    assertEquals(3, outcome.code(), outcome.err());
    assertTrue(
        outcome.err().startsWith("simclr: bad image " + file + ": truncated: "), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
  }

  @Test
  void aCifarFileOfTheWrongLength() throws IOException {
    Path cifar = Files.createDirectory(directory.resolve("cifar"));
    Files.write(cifar.resolve("data_batch_1.bin"), new byte[3073 * 2 - 1]);
    Outcome outcome = overwriting(List.of("data.source=cifar10", "data.root=" + cifar));
    assertEquals(3, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().contains(cifar.toString()), outcome.err());
  }

  // Configuration

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          trian.epochs=5         | unknown key trian.epochs in the command line; did you mean train.epochs?
          loss.temprature=0.5    | unknown key loss.temprature in the command line; did you mean loss.temperature?
          train.epochs=many      | the command line: train.epochs must be a whole number, found "many"
          train.deterministic=1  | the command line: train.deterministic must be true or false, found 1
          optim.lr=-0.1          | optim.lr is -0.1; allowed: 0 to 1000000
          optim.lr=nan           | optim.lr is NaN; allowed: 0 to 1000000
          optim.momentum=-1      | optim.momentum is -1.0; allowed: 0 to 1
          optim.weight_decay=nan | optim.weight_decay is NaN; allowed: 0 to 10
          loss.temperature=0     | loss.temperature is 0.0; allowed: 0.001 to 100
          loss.temperature=.nan  | loss.temperature is NaN; allowed: 0.001 to 100
          model.width=-.inf      | model.width is -Infinity; allowed: 0.0625 to 8
          train.batch=-8         | train.batch is -8; allowed: 2 to 65536
          train.epochs           | expected key=value, got 'train.epochs'
          """)
  void aWrongSetting(String setting, String message) {
    refused(2, message, onImages(setting));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          train: {epochs: 5           | , line 1: not valid YAML: expected ',' or '}', but got <stream end>
          train: {epoch: 5}           | unknown key train.epoch in FILE; did you mean train.epochs?
          train: {epochs: [1, 2]}     | : train.epochs must be a whole number, found [1,2]
          optim: {lr: .nan}           | optim.lr is NaN; allowed: 0 to 1000000
          just words                  | : expected keys and values, found a single value
          """)
  void aWrongConfigurationFile(String yaml, String message) throws IOException {
    Path file = Files.writeString(directory.resolve("mine.yaml"), yaml);
    Outcome outcome =
        simclr(
            TinyFolder.arguments(
                pretrain(kept), List.of("--overwrite", "--config", file.toString())));
    boolean startsWithFile = message.startsWith(",") || message.startsWith(":");
    refused(
        2, (startsWithFile ? file + message : message).replace("FILE", file.toString()), outcome);
  }

  @Test
  void aStepOfMoreViewsThanAreCounted() {
    refused(
        2,
        "train.accumulate is 65536; allowed: at most 32767 with train.batch 65536, since a step has"
            + " at most 2^31 - 1 views",
        onImages("train.batch=65536", "train.accumulate=65536"));
  }

  @Test
  void aConfigurationThatCannotBeRead() throws IOException {
    Path missing = directory.resolve("missing.yaml");
    refused(
        2,
        "configuration file " + missing + " does not exist",
        simclr(TinyFolder.arguments(pretrain(kept), List.of("--config", missing.toString()))));
    refused(
        2,
        directory + " is a folder, not a configuration file",
        simclr(TinyFolder.arguments(pretrain(kept), List.of("--config", directory.toString()))));
    Path binary = Files.write(directory.resolve("binary.yaml"), new byte[] {(byte) 0xff, 0, 1});
    Outcome outcome =
        simclr(TinyFolder.arguments(pretrain(kept), List.of("--config", binary.toString())));
    assertEquals(2, outcome.code(), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
    assertTrue(outcome.err().contains(binary.toString()), outcome.err());
  }

  @Test
  void unknownWords() {
    refused(
        2,
        "there is no recipe cifar10-slin; did you mean cifar10-slim? (simclr recipes lists them)",
        simclr("pretrain", "--recipe", "cifar10-slin"));
    refused(
        2,
        "Unmatched argument at index 0: 'pretrian'; did you mean pretrain? (see simclr --help)",
        simclr("pretrian"));
    refused(
        2,
        "Unknown option: '--overwite'; did you mean --overwrite? (see simclr pretrain --help)",
        simclr("pretrain", "--overwite"));
    refused(
        2,
        "give --recipe NAME, --config FILE or KEY=VALUE settings ('simclr recipes' lists the"
            + " recipes)",
        simclr("pretrain"));
  }

  // Run folders

  @Test
  void anExistingRunIsRefused() {
    refused(
        2,
        "run folder " + kept + " is not empty; resume it, overwrite it or choose another",
        simclr(
            TinyFolder.arguments(pretrain(kept), TinyFolder.data(images), TinyFolder.training())));
  }

  @Test
  void aFolderThatHoldsSomethingElseIsNotOverwritten() throws IOException {
    Path photos = Files.createDirectory(directory.resolve("photos"));
    Path photo = Files.writeString(photos.resolve("model.safetensors"), "mine");
    refused(
        2,
        "run folder " + photos + " is not empty and holds no run, so it is not overwritten",
        simclr(
            TinyFolder.arguments(
                pretrain(photos),
                List.of("--overwrite"),
                TinyFolder.data(images),
                TinyFolder.training())));
    assertEquals("mine", Files.readString(photo));
  }

  @Test
  void optionsThatContradictEachOther() {
    refused(
        2,
        "--resume and --overwrite exclude each other",
        simclr(TinyFolder.arguments(pretrain(kept), List.of("--resume", "--overwrite"))));
    refused(
        2,
        "--resume and --init-from exclude each other: the first goes on with a run, the second"
            + " starts a new one",
        simclr(
            TinyFolder.arguments(
                pretrain(kept), List.of("--resume", "--init-from", kept.toString()))));
    refused(
        2,
        "--resume needs --out DIR, the folder of the run",
        simclr("pretrain", "--quiet", "--resume"));
  }

  @Test
  void nothingToResume() {
    Path nowhere = directory.resolve("nowhere");
    refused(
        2,
        "run folder " + nowhere + " holds no run to resume",
        simclr(TinyFolder.arguments(pretrain(nowhere), List.of("--resume"))));
    assertFalse(Files.exists(nowhere));
  }

  @Test
  void aResumedRunKeepsItsConfiguration() {
    Outcome outcome =
        simclr(
            TinyFolder.arguments(
                pretrain(kept),
                List.of("--resume"),
                TinyFolder.data(images),
                TinyFolder.training(),
                List.of("train.seed=8")));
    refused(
        2,
        "a resumed run keeps its configuration, but asked for is train.seed (8, not 7); leave the"
            + " settings out, or start a new run with --init-from",
        outcome);
  }

  @Test
  void aResumedRunTakesSingleSettingsThatAgree() throws IOException {
    refused(
        2,
        "a resumed run keeps its configuration, but asked for is train.epochs (20, not 2); leave"
            + " the settings out, or start a new run with --init-from",
        simclr(TinyFolder.arguments(pretrain(kept), List.of("--resume", "train.epochs=20"))));
    succeeded(
        simclr(
            TinyFolder.arguments(pretrain(copyOfKept()), List.of("--resume", "train.epochs=2"))));
  }

  @Test
  void weightsToStartFromThatDoNotFit() throws IOException {
    Path nowhere = directory.resolve("nowhere.safetensors");
    Outcome missing = onImagesFrom(nowhere);
    assertEquals(3, missing.code(), missing.err());
    assertTrue(missing.err().contains(nowhere.toString()), missing.err());
    assertEquals(1, missing.err().lines().count(), missing.err());

    Path words = Files.writeString(directory.resolve("words.safetensors"), "no tensors in here");
    Outcome damaged = onImagesFrom(words);
    assertEquals(3, damaged.code(), damaged.err());
    assertTrue(damaged.err().contains(words.toString()), damaged.err());
    assertEquals(1, damaged.err().lines().count(), damaged.err());

    Outcome wide = onImagesFrom(kept, "model.width=0.125");
    assertEquals(3, wide.code(), wide.err());
    assertTrue(wide.err().contains("model.safetensors"), wide.err());
    assertEquals(1, wide.err().lines().count(), wide.err());
  }

  private Outcome onImagesFrom(Path source, String... settings) {
    Path out = directory.resolve("from");
    Outcome outcome =
        simclr(
            TinyFolder.arguments(
                pretrain(out),
                List.of("--init-from", source.toString()),
                TinyFolder.data(images),
                TinyFolder.training(),
                List.of(settings)));
    assertFalse(Files.exists(out), "nothing was started");
    return outcome;
  }

  @Test
  void aRunWhoseCheckpointsAreAllDamaged() throws IOException {
    Path damaged = copyOfKept();
    for (String step : List.of("step-000002", "step-000004")) {
      Path weights = damaged.resolve("checkpoints/" + step + "/model.safetensors");
      byte[] bytes = Files.readAllBytes(weights);
      bytes[bytes.length / 2] ^= 1;
      Files.write(weights, bytes);
    }
    SortedMap<String, String> there = FileTree.of(damaged.resolve("checkpoints"));
    String metrics = Files.readString(damaged.resolve("metrics.jsonl"));
    refused(
        3,
        damaged.resolve("checkpoints/step-000004/model.safetensors")
            + " is not what was written: SHA-256 differs",
        simclr(TinyFolder.arguments(pretrain(damaged), List.of("--resume"))));
    assertEquals(there, FileTree.of(damaged.resolve("checkpoints")));
    assertEquals(metrics, Files.readString(damaged.resolve("metrics.jsonl")));
  }

  private Path copyOfKept() throws IOException {
    Path copy = directory.resolve("copy");
    try (var paths = Files.walk(kept)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        Files.copy(path, copy.resolve(kept.relativize(path).toString()));
      }
    }
    return copy;
  }

  // Training

  @Test
  void aLossThatIsNotFinite() throws IOException {
    Path out = directory.resolve("run");
    Outcome outcome =
        simclr(
            TinyFolder.arguments(
                pretrain(out),
                TinyFolder.data(images),
                TinyFolder.training(),
                List.of(
                    "train.epochs=50",
                    "optim.lr=1e6",
                    "optim.lr_scaling=none",
                    "optim.weight_decay=1",
                    "optim.warmup_epochs=0")));
    assertEquals(6, outcome.code(), outcome.err());
    assertTrue(outcome.err().matches("simclr: .* at step \\d+.*\n"), outcome.err());
  }

  @Test
  void moreMemoryThanThereIs() {
    Outcome outcome =
        onImages(
            "data.image_size=1024",
            "model.encoder=resnet50",
            "model.stem=cifar",
            "model.width=8",
            "train.batch=20");
    assertEquals(5, outcome.code(), outcome.err());
    assertTrue(
        outcome.err().matches("simclr: the run needs about .*MiB are available; .*\n"),
        outcome.err());
  }

  @ParameterizedTest
  @CsvSource({"pretrain, train.batch", "embed, eval.batch"})
  void moreHeapThanTheJvmHas(String command, String setting) throws Exception {
    Path large = TinyFolder.write(directory.resolve("large"), 8, 0);
    BufferedImage image = new BufferedImage(4000, 4000, BufferedImage.TYPE_INT_RGB);
    ImageIO.write(image, "png", large.resolve("train/rows/0.png").toFile());
    List<String> arguments =
        command.equals("pretrain")
            ? TinyFolder.plus(pretrain(kept), "--overwrite")
            : List.of("embed", kept.toString(), "--out", directory.resolve("mine.npy").toString());
    List<String> training = command.equals("pretrain") ? TinyFolder.training() : List.of();
    // The size of the views of a trained encoder is in its file.
    List<String> data =
        folder(large).stream()
            .filter(s -> command.equals("pretrain") || !s.startsWith("data.image_size="))
            .toList();
    ChildJvm.Result result =
        new ChildJvm().option("-Xmx24m").run(MAIN, TinyFolder.arguments(arguments, data, training));
    assertEquals(5, result.status(), result.toString());
    assertTrue(
        result.err().matches("simclr: out of memory \\(.*\\); lower " + setting + " or .*-Xmx\n"),
        result.err());
  }

  // Output

  @Test
  void aFileIsInTheWayOfTheOutput() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "mine");
    refused(
        7,
        "cannot write " + file.resolve("run") + ": Not a directory",
        simclr(
            TinyFolder.arguments(
                pretrain(file.resolve("run")), TinyFolder.data(images), TinyFolder.training())));
    assertEquals("mine", Files.readString(file));
    refused(
        2,
        "run folder " + file + " is not a directory",
        simclr(
            TinyFolder.arguments(pretrain(file), TinyFolder.data(images), TinyFolder.training())));
  }

  @ParameterizedTest
  @ValueSource(strings = {"out", "cache"})
  void aFolderThatMayNotBeWritten(String what) throws Exception {
    Path locked = Files.createDirectory(directory.resolve("locked"));
    Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r-xr-xr-x"));
    // Permissions do not bind root, unless it gives up the capability to ignore them.
    List<String> prefix =
        Files.isWritable(locked)
            ? List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search")
            : List.of();
    assumeTrue(
        prefix.isEmpty() || works(prefix, "test", "!", "-w", locked.toString()),
        "left out: permissions do not bind this user, and setpriv cannot change that");
    Path out = (what.equals("out") ? locked : directory).resolve("run");
    Path cache = (what.equals("cache") ? locked : directory).resolve("cache");
    ChildJvm.Result result = pretrainBehind(prefix, out, images, cache);
    assertEquals(7, result.status(), result.toString());
    assertEquals(
        "simclr: cannot write " + (what.equals("out") ? out : cache) + ": permission denied\n",
        result.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void aFullDisk() throws Exception {
    Path disk = Files.createDirectory(directory.resolve("disk"));
    List<String> prefix =
        List.of(
            "unshare",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            "mount -t tmpfs -o size=300k none \"$0\" && exec \"$@\"",
            disk.toString());
    assumeTrue(works(prefix, "true"), "left out: this user may not mount a small disk");
    for (String what : List.of("run", "cache")) {
      Path out = (what.equals("run") ? disk : directory).resolve("run");
      // 300 KiB do not hold the first checkpoint, or the packed images.
      Path data = images;
      Path cache = directory.resolve("cache");
      if (what.equals("cache")) {
        data = TinyFolder.write(directory.resolve("many"), 400, 4);
        cache = disk.resolve("cache");
      }
      ChildJvm.Result result = pretrainBehind(prefix, out, data, cache);
      assertEquals(7, result.status(), result.toString());
      assertTrue(
          result.err().matches("simclr: cannot write " + disk + "/\\S+: No space left on device\n"),
          result.toString());
    }
  }

  /** Pretrains in a process that another command starts. */
  private static ChildJvm.Result pretrainBehind(
      List<String> prefix, Path out, Path data, Path cache) throws Exception {
    String[] arguments =
        TinyFolder.arguments(
            pretrain(out),
            TinyFolder.data(data),
            TinyFolder.training(),
            List.of("data.cache=" + cache));
    try (ChildJvm.Running child = new ChildJvm().start(prefix, MAIN, arguments)) {
      return child.await();
    }
  }

  private static boolean works(List<String> prefix, String... command)
      throws IOException, InterruptedException {
    return new ProcessBuilder(TinyFolder.plus(prefix, command))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }
}
