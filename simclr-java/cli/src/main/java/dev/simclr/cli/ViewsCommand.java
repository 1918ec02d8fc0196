package dev.simclr.cli;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.simclr.augment.AugmentParams;
import dev.simclr.augment.AugmentSampler;
import dev.simclr.augment.Augmenter;
import dev.simclr.augment.ViewFormat;
import dev.simclr.augment.ViewKey;
import dev.simclr.data.ImageDataset;
import dev.simclr.data.Split;
import dev.simclr.io.AtomicFiles;
import dev.simclr.random.SampleOrder;
import dev.simclr.train.Augmentation;
import dev.simclr.train.EncoderConfig;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.RunData;
import java.awt.image.BufferedImage;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
      AtomicFiles.write(out, sheet(resolved, images, console).png());
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

  private ViewSheet sheet(PretrainConfig resolved, ImageDataset images, Console console) {
    List<AugmentSampler> samplers = Augmentation.samplers(resolved);
    ViewFormat format = EncoderConfig.of(resolved).format().withoutNormalization();
    Augmenter augmenter = new Augmenter(format);
    float[] views = new float[samplers.size() * format.values()];
    int rows = Math.min(count, images.size());
    long seed = resolved.train().seed();
    SampleOrder order = SampleOrder.of(seed, images.size());
    ViewSheet sheet = new ViewSheet(rows, 1 + samplers.size(), format.size());
    for (int row = 0; row < rows; row++) {
      int index = order.at(0, row);
      MemorySegment image = images.image(index);
      int height = images.height(index);
      int width = images.width(index);
      for (int view = 0; view < samplers.size(); view++) {
        ViewKey key = new ViewKey(seed, 0, row / resolved.train().batch(), index, view);
        AugmentParams drawn = samplers.get(view).sample(key, height, width);
        if (params) {
          console.line(images.name(index) + " view " + (view + 1) + ": " + drawn);
        }
        augmenter.add(image, height, width, drawn, view);
      }
      augmenter.run(MemorySegment.ofArray(views));
      sheet.put(row, 0, bytes(image, height, width));
      for (int view = 0; view < samplers.size(); view++) {
        sheet.put(row, 1 + view, floats(views, view * format.values(), format.size()));
      }
    }
    return sheet;
  }

  private static BufferedImage bytes(MemorySegment image, int height, int width) {
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        long at = 3 * ((long) y * width + x);
        picture.setRGB(
            x,
            y,
            rgb(
                image.get(JAVA_BYTE, at) & 0xFF,
                image.get(JAVA_BYTE, at + 1) & 0xFF,
                image.get(JAVA_BYTE, at + 2) & 0xFF));
      }
    }
    return picture;
  }

  private static BufferedImage floats(float[] views, int first, int size) {
    BufferedImage picture = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        int at = first + 3 * (y * size + x);
        picture.setRGB(x, y, rgb(level(views[at]), level(views[at + 1]), level(views[at + 2])));
      }
    }
    return picture;
  }

  private static int level(float value) {
    return Math.clamp(Math.round(255 * value), 0, 255);
  }

  private static int rgb(int red, int green, int blue) {
    return red << 16 | green << 8 | blue;
  }
}
