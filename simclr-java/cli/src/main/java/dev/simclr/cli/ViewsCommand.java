package dev.simclr.cli;

import dev.simclr.data.ImageDataset;
import dev.simclr.data.Split;
import dev.simclr.io.AtomicFiles;
import dev.simclr.train.Augmentation;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.RunData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Draws images and their views. */
@Command(
    name = "views",
    description = {
      "Draws training images, each with its random views beside it.",
      "They are those of the first epoch of a run with the same settings, before normalisation."
    },
    mixinStandardHelpOptions = true)
final class ViewsCommand implements Callable<Integer> {
  private static final int MOST_IMAGES = 256;

  @Mixin private ConfigOptions config = new ConfigOptions();

  @Option(
      names = "--n",
      paramLabel = "N",
      defaultValue = "8",
      description = "How many images, 1 to " + MOST_IMAGES + "; 8 by default.")
  private int count;

  @Option(
      names = "--out",
      paramLabel = "FILE.png",
      required = true,
      description = "The picture: a row for each image, the image itself on the left.")
  private Path out;

  @Option(names = "--overwrite", description = "Replace the picture if it exists.")
  private boolean overwrite;

  @Option(names = "--params", description = "Print what was drawn for each view.")
  private boolean params;

  @Override
  public Integer call() {
    check();
    PretrainConfig resolved = config.resolveFrom("quickstart");
    Console console = Console.standard(false);
    try (var _ = LogLines.install(console);
        ImageDataset images =
            RunData.open(resolved.data(), Split.TRAIN, new PackingPrinter(console))) {
      Augmentation.warnOfIdle(resolved.augment());
      ViewSheets.Drawn drawn =
          (image, view, drawing) -> {
            if (params) {
              console.line(image + " view " + (view + 1) + ": " + drawing);
            }
          };
      AtomicFiles.write(out, ViewSheets.draw(resolved, images, count, drawn).png());
    }
    console.fact("views", out.toString());
    return ExitCode.OK.code();
  }

  private void check() {
    if (count < 1 || count > MOST_IMAGES) {
      throw new ConfigException("--n is " + count + "; allowed: 1 to " + MOST_IMAGES);
    }
    if (!String.valueOf(out.getFileName()).endsWith(".png")) {
      throw new ConfigException("--out must be the name of a .png file, found " + out);
    }
    if (Files.isDirectory(out)) {
      throw new ConfigException(out + " is a directory");
    }
    if (!overwrite && Files.exists(out)) {
      throw new ConfigException(out + " exists; choose another name, or give --overwrite");
    }
  }
}
