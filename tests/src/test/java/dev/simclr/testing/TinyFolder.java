package dev.simclr.testing;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** A folder of small PNG images and the settings of a run on it that takes seconds. */
public final class TinyFolder {
  private static final int SIDE = 16;

  private TinyFolder() {}

  /** Writes train/ and test/ with that many images of two classes, rows and columns. */
  public static Path write(Path root, int train, int test) throws IOException {
    write(root.resolve("train"), train, 1L);
    write(root.resolve("test"), test, 2L);
    return root;
  }

  private static void write(Path split, int count, long seed) throws IOException {
    Random random = new Random(seed);
    for (int i = 0; i < count; i++) {
      boolean rows = i % 2 == 0;
      Path file = split.resolve(rows ? "rows" : "columns").resolve(i + ".png");
      Files.createDirectories(file.getParent());
      ImageIO.write(stripes(rows, random), "png", file.toFile());
    }
  }

  private static BufferedImage stripes(boolean rows, Random random) {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
    int[] colours = {random.nextInt(1 << 24), random.nextInt(1 << 24)};
    int phase = random.nextInt(SIDE);
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        image.setRGB(x, y, colours[((rows ? y : x) + phase) / 4 % 2]);
      }
    }
    return image;
  }

  /** Settings that name such a folder as the data, with the packed images beside it. */
  public static List<String> data(Path root) {
    return List.of(
        "data.source=folder",
        "data.root=" + root,
        "data.cache=" + root.resolveSibling("cache"),
        "data.image_size=" + SIDE);
  }

  /** Settings of a tiny network and a run whose weights depend on nothing but them. */
  public static List<String> training() {
    return List.of(
        "model.width=0.0625",
        "head.out=16",
        "train.epochs=2",
        "train.batch=8",
        "train.seed=7",
        "train.precision=float32",
        "train.device=cpu",
        "train.threads=1",
        "train.loader_threads=1",
        "train.deterministic=true",
        "train.log_every=1",
        "eval.linear=false");
  }

  /** Joins arguments. */
  @SafeVarargs
  public static String[] arguments(List<String>... parts) {
    List<String> joined = new ArrayList<>();
    for (List<String> part : parts) {
      joined.addAll(part);
    }
    return joined.toArray(String[]::new);
  }

  /** Joins arguments that are given one by one to a list. */
  public static List<String> plus(List<String> first, String... more) {
    return Stream.concat(first.stream(), Arrays.stream(more)).toList();
  }
}
