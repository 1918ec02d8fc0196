package dev.simclr.cli;

import dev.simclr.data.ImageDataset;
import dev.simclr.embed.Encoder;
import dev.simclr.io.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The two files of an embedding. {@code NAME.npy} holds the features, float32 {@code [n, D]}.
 * {@code NAME.tsv} has a line for each row, without a heading: the image's name in its data set, a
 * tab, and the name of its class or nothing. In names, a backslash, tab, line feed and carriage
 * return are written as {@code \\}, {@code \t}, {@code \n} and {@code \r}. UTF-8.
 *
 * @param features the {@code .npy} file
 * @param rows the {@code .tsv} file
 */
record EmbeddingFiles(Path features, Path rows) {
  private static final String EXTENSION = ".npy";

  /**
   * Names the files.
   *
   * @param out the {@code .npy} file
   * @throws ConfigException if it is not called that, or one of the files is there already and must
   *     not be replaced
   */
  static EmbeddingFiles at(Path out, boolean overwrite) {
    String name = String.valueOf(out.getFileName());
    if (!name.endsWith(EXTENSION) || name.length() == EXTENSION.length()) {
      throw new ConfigException("--out must be the name of a .npy file, found " + out);
    }
    String stem = name.substring(0, name.length() - EXTENSION.length());
    EmbeddingFiles files = new EmbeddingFiles(out, out.resolveSibling(stem + ".tsv"));
    for (Path file : new Path[] {files.features, files.rows}) {
      if (Files.isDirectory(file)) {
        throw new ConfigException(file + " is a directory");
      }
      if (!overwrite && Files.exists(file)) {
        throw new ConfigException(file + " exists; choose another name, or give --overwrite");
      }
    }
    return files;
  }

  /**
   * Computes and writes; both files appear complete, when all is done, or not at all.
   *
   * @throws dev.simclr.io.CannotWriteException naming the file that cannot be written
   */
  void write(Encoder encoder, ImageDataset images) {
    AtomicFiles.write(
        features,
        channel -> {
          AtomicFiles.writeFully(channel, NpyHeader.float32(images.size(), encoder.featureDim()));
          append(encoder, images, channel);
          AtomicFiles.write(rows, lines(images));
        });
  }

  private static void append(Encoder encoder, ImageDataset images, FileChannel channel)
      throws IOException {
    try {
      encoder.features(
          images,
          (first, block) -> {
            try {
              AtomicFiles.writeFully(channel, block.asByteBuffer());
            } catch (IOException e) {
              throw new FullException(e);
            }
          });
    } catch (FullException e) {
      throw e.getCause();
    }
  }

  /** Carries a failure to write through the computation of features. */
  private static final class FullException extends UncheckedIOException {
    private static final long serialVersionUID = 1L;

    FullException(IOException cause) {
      super(cause);
    }
  }

  private static String lines(ImageDataset images) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < images.size(); i++) {
      int label = images.label(i);
      text.append(escaped(images.name(i))).append('\t');
      text.append(label == ImageDataset.UNLABELLED ? "" : escaped(images.classNames().get(label)));
      text.append('\n');
    }
    return text.toString();
  }

  private static String escaped(String name) {
    return name.replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r");
  }
}
