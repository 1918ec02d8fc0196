package dev.simclr.cli;

import dev.simclr.data.DataException;
import dev.simclr.io.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.MappingIterator;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvSchema;

/**
 * {@code results.csv} of a sweep: a row for each run that is done, by the hash of its
 * configuration.
 */
final class SweepResults {
  static final List<String> COLUMNS =
      List.of(
          "hash",
          "name",
          "seed",
          "status",
          "epochs",
          "steps",
          "untrained_knn",
          "knn",
          "untrained_linear",
          "linear",
          "probe_h",
          "probe_z",
          "loss",
          "contrastive_accuracy",
          "std",
          "rankme_z",
          "rankme_h",
          "alignment",
          "uniformity",
          "seconds",
          "precision",
          "device",
          "libtorch",
          "machine",
          "finished");

  /** By these columns a table is the results of a sweep, whichever version wrote it. */
  private static final List<String> EVERY_VERSION = List.of("hash", "name", "seed", "status");

  private static final CsvMapper MAPPER = new CsvMapper();

  private final Path file;
  private final Map<String, Map<String, String>> rows = new LinkedHashMap<>();
  private String text = "";

  private SweepResults(Path file) {
    this.file = file;
  }

  /**
   * Reads what a file holds, if it exists.
   *
   * @throws DataException if it is no results of a sweep, or those of another version, or cannot be
   *     read
   */
  static SweepResults open(Path file) {
    SweepResults results = new SweepResults(file);
    if (!Files.exists(file)) {
      return results;
    }
    try {
      results.text = Files.readString(file);
      try (MappingIterator<Map<String, String>> rows =
          MAPPER
              .readerForMapOf(String.class)
              .with(CsvSchema.emptySchema().withHeader())
              .readValues(results.text)) {
        while (rows.hasNext()) {
          Map<String, String> row = rows.next();
          requireColumns(file, List.copyOf(row.keySet()));
          results.rows.put(row.get("hash"), row);
        }
      }
    } catch (IOException | JacksonException e) {
      throw new DataException("cannot read " + file + ": " + e.getMessage(), e);
    }
    return results;
  }

  private static void requireColumns(Path file, List<String> columns) {
    if (columns.equals(COLUMNS)) {
      return;
    }
    if (!columns.containsAll(EVERY_VERSION)) {
      throw new DataException(file + " has other columns than the results of a sweep");
    }
    // Its hashes are of that version's settings: none of its runs would be found again.
    throw new DataException(
        file
            + " was written by another version, whose results have other columns; choose another"
            + " --out, or move the file away");
  }

  boolean has(String hash) {
    return rows.containsKey(hash);
  }

  /** The row of a run that is done, by column; what was not measured is empty. */
  Map<String, String> row(String hash) {
    return rows.get(hash);
  }

  /**
   * Adds a row; the file is replaced as a whole, so it never holds half a row.
   *
   * @param values by column; columns that are missing stay empty
   */
  void add(Map<String, String> values) {
    Map<String, String> row = new LinkedHashMap<>();
    COLUMNS.forEach(column -> row.put(column, values.getOrDefault(column, "")));
    CsvSchema.Builder schema = CsvSchema.builder();
    COLUMNS.forEach(schema::addColumn);
    CsvSchema columns = schema.build();
    text +=
        MAPPER
            .writer(text.isEmpty() ? columns.withHeader() : columns.withoutHeader())
            .writeValueAsString(row);
    AtomicFiles.write(file, text);
    rows.put(row.get("hash"), row);
  }
}
