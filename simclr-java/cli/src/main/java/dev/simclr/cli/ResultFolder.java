package dev.simclr.cli;

import dev.simclr.eval.ClassificationReport;
import dev.simclr.io.AtomicFiles;
import dev.simclr.io.CannotWriteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Where the training of a classifier leaves its results, as options that commands share.
 *
 * <pre>
 * classifier.safetensors   the classifier, for simclr predict
 * result.json              all that was measured
 * per-class.csv            class, test images, accuracy
 * confusion.csv            a row for each class, a column for each prediction
 * </pre>
 */
final class ResultFolder {
  private static final String CLASSIFIER = "classifier.safetensors";
  private static final String RESULT = "result.json";
  private static final String PER_CLASS = "per-class.csv";
  private static final String CONFUSION = "confusion.csv";
  private static final List<String> OURS = List.of(CLASSIFIER, RESULT, PER_CLASS, CONFUSION);
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "A folder for classifier.safetensors, which simclr predict takes, result.json,"
              + " per-class.csv and confusion.csv.")
  private Optional<Path> out = Optional.empty();

  @Option(names = "--overwrite", description = "Replace the results that are in --out, if any.")
  private boolean overwrite;

  /** Returns the folder, if one is wanted. */
  Optional<Path> folder() {
    return out;
  }

  /**
   * Returns the file for the classifier, if a folder is wanted.
   *
   * @throws ConfigException if the folder must not be used
   */
  Optional<Path> prepare() {
    return out.map(folder -> {
      requireUsable(folder);
      AtomicFiles.createDirectories(folder);
      return folder.resolve(CLASSIFIER);
    });
  }

  /**
   * Checks what {@link #prepare} would refuse, without touching anything.
   *
   * @throws ConfigException if the folder must not be used
   */
  void check() {
    if (overwrite && out.isEmpty()) {
      throw new ConfigException("--overwrite needs --out DIR");
    }
    out.ifPresent(this::requireUsable);
  }

  private void requireUsable(Path folder) {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw new ConfigException("--out " + folder + " is not a directory");
    }
    List<String> found = entries(folder);
    if (!found.isEmpty() && !overwrite) {
      throw new ConfigException(
          "--out " + folder + " is not empty; choose another folder, or give --overwrite");
    }
    found.stream()
        .filter(name -> !OURS.contains(name))
        .findFirst()
        .ifPresent(name -> {
          throw new ConfigException(
              "--out " + folder + " has " + name + ", no result, so it is not overwritten");
        });
  }

  private static List<String> entries(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .sorted(Comparator.naturalOrder())
          .toList();
    } catch (IOException e) {
      throw new ConfigException("cannot read --out " + folder + ": " + e.getMessage());
    }
  }

  /**
   * Writes all but the classifier, if a folder is wanted; without a report only {@code
   * result.json}, and what an earlier classifier has left goes.
   */
  void write(Optional<ClassificationReport> report, Map<String, Object> result) {
    out.ifPresent(folder -> {
      report.ifPresentOrElse(
          r -> {
            AtomicFiles.write(folder.resolve(PER_CLASS), perClass(r));
            AtomicFiles.write(folder.resolve(CONFUSION), confusion(r));
          },
          () -> {
            delete(folder.resolve(PER_CLASS));
            delete(folder.resolve(CONFUSION));
          });
      AtomicFiles.write(folder.resolve(RESULT), JSON.writeValueAsString(result) + "\n");
    });
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new CannotWriteException(file, e);
    }
  }

  private static String perClass(ClassificationReport report) {
    StringBuilder text = new StringBuilder(Csv.line(List.of("class", "images", "accuracy")));
    for (int c = 0; c < report.classNames().size(); c++) {
      int images = report.count(c);
      text.append(
          Csv.line(
              List.of(
                  report.classNames().get(c),
                  images,
                  images == 0 ? "" : Double.toString(report.classAccuracy(c)))));
    }
    return text.toString();
  }

  private static String confusion(ClassificationReport report) {
    List<Object> heading = new ArrayList<>(List.of("class"));
    heading.addAll(report.classNames());
    StringBuilder text = new StringBuilder(Csv.line(heading));
    for (int c = 0; c < report.classNames().size(); c++) {
      List<Object> row = new ArrayList<>(List.of(report.classNames().get(c)));
      for (int p = 0; p < report.classNames().size(); p++) {
        row.add(report.count(c, p));
      }
      text.append(Csv.line(row));
    }
    return text.toString();
  }
}
