package dev.simclr.cli;

import dev.simclr.data.DataException;
import dev.simclr.embed.Classifier;
import dev.simclr.embed.EncoderOptions;
import dev.simclr.embed.Prediction;
import dev.simclr.io.AtomicFiles;
import dev.simclr.train.TrainConfig.DeviceChoice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Labels images with a trained classifier. */
@Command(
    name = "predict",
    description = {
      "Labels images with a classifier that 'simclr linear --out' or 'simclr finetune' wrote.",
      "The CSV file has a heading, then a line for each image: path, label, probability."
    },
    mixinStandardHelpOptions = true)
final class PredictCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "CLASSIFIER",
      description = "A classifier.safetensors, or the folder that has one.")
  private Path place;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "PATH",
      description =
          "JPEG and PNG files, and folders of such at any depth. Files that a folder has besides"
              + " are ignored.")
  private List<Path> paths = List.of();

  @Option(
      names = "--out",
      paramLabel = "FILE.csv",
      required = true,
      description = "The file for the labels.")
  private Path out;

  @Option(names = "--overwrite", description = "Replace the file if it exists.")
  private boolean overwrite;

  @Option(
      names = "--bad-images",
      paramLabel = "POLICY",
      defaultValue = "fail",
      description =
          "Images that cannot be decoded: fail (the default), or skip, which leaves them out of the"
              + " CSV file and names them.")
  private BadImages badImages;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description = "auto (the default), cpu or cuda.")
  private DeviceChoice device;

  @Option(
      names = "--batch",
      paramLabel = "B",
      defaultValue = "256",
      description = "Images of one forward pass, 256 by default.")
  private int batch;

  /** What happens to images that cannot be decoded. */
  enum BadImages {
    FAIL,
    SKIP
  }

  @Override
  public Integer call() {
    if (Files.isDirectory(out)) {
      throw new ConfigException("--out " + out + " is a directory");
    }
    if (!overwrite && Files.exists(out)) {
      throw new ConfigException(out + " exists; choose another name, or give --overwrite");
    }
    EncoderOptions options = EncoderOptions.builder().device(device).batch(batch).build();
    long start = System.nanoTime();
    Console console = Console.standard(false);
    try (var _ = LogLines.install(console);
        Classifier classifier = Classifier.load(place, options)) {
      List<Path> files = ImageFiles.find(paths);
      console.fact(
          "classifier",
          place
              + ", "
              + Plural.of(classifier.classNames().size(), "class")
              + ", on "
              + classifier.device());
      int[] labelled = new int[1];
      AtomicFiles.write(out, channel -> labelled[0] = write(classifier, files, channel, console));
      console.fact("labels", out + ", " + Plural.of(labelled[0], "image"));
      double seconds = (System.nanoTime() - start) * 1e-9;
      console.fact(
          "time",
          String.format(Locale.ROOT, "%.1f s, %.0f images/s", seconds, labelled[0] / seconds));
    }
    return ExitCode.OK.code();
  }

  /** Writes a line for each image and returns how many there are. */
  private int write(Classifier classifier, List<Path> files, FileChannel channel, Console console)
      throws IOException {
    append(channel, Csv.line(List.of("path", "label", "probability")));
    int count = 0;
    for (int first = 0; first < files.size(); first += batch) {
      List<Path> some = files.subList(first, Math.min(files.size(), first + batch));
      List<Optional<Prediction>> predictions =
          classifier.predictFiles(some, problem -> bad(problem, console));
      StringBuilder lines = new StringBuilder();
      for (int i = 0; i < some.size(); i++) {
        if (predictions.get(i).isPresent()) {
          Prediction p = predictions.get(i).get();
          lines.append(Csv.line(List.of(some.get(i), p.className(), (float) p.probability())));
          count++;
        }
      }
      append(channel, lines.toString());
    }
    return count;
  }

  private void bad(DataException problem, Console console) {
    if (badImages == BadImages.FAIL) {
      throw new DataException(
          problem.getMessage() + "; --bad-images=skip leaves such images out", problem);
    }
    console.line("skipped: " + Failures.firstLine(problem.getMessage()));
  }

  private static void append(FileChannel channel, String text) throws IOException {
    AtomicFiles.writeFully(channel, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }
}
