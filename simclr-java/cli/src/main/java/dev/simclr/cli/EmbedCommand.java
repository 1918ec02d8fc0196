package dev.simclr.cli;

import dev.simclr.data.ImageDataset;
import dev.simclr.data.Split;
import dev.simclr.train.RunData;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes the features of a data set. */
@Command(
    name = "embed",
    description = {
      "Writes the features of images, for NumPy and others.",
      "NAME.npy is float32 [images, features]; NAME.tsv has a line for each row: the image's name,"
          + " a tab, and its class or nothing."
    },
    mixinStandardHelpOptions = true)
final class EmbedCommand implements Callable<Integer> {
  @Mixin private EncoderArguments arguments = new EncoderArguments();

  @Option(
      names = "--split",
      paramLabel = "SPLIT",
      defaultValue = "train",
      description = "The images: train (the default) or test.")
  private Split split;

  @Option(
      names = "--out",
      paramLabel = "NAME.npy",
      required = true,
      description = "The file for the features.")
  private Path out;

  @Option(names = "--overwrite", description = "Replace the files if they exist.")
  private boolean overwrite;

  @Override
  public Integer call() {
    EmbeddingFiles files = EmbeddingFiles.at(out, overwrite);
    EncoderArguments.Resolved resolved = arguments.resolve();
    long start = System.nanoTime();
    Console console = Console.standard(false);
    try (var _ = LogLines.install(console);
        ImageDataset images =
            RunData.open(resolved.config().data(), split, new PackingPrinter(console));
        EncoderSession session = new EncoderSession(resolved)) {
      session.describe(console);
      files.write(session.encoder(), images);
      console.fact(
          "features",
          files.features()
              + ", float32 ["
              + images.size()
              + ", "
              + session.encoder().featureDim()
              + "]");
      console.fact(
          "rows",
          files.rows()
              + (images.labelled() ? ", the name and class of each" : ", the name of each"));
      console.fact(
          "time", String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - start) * 1e-9));
    }
    return ExitCode.OK.code();
  }
}
