package dev.simclr.cli;

import dev.simclr.data.DataException;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a run folder says about its run, finished or not.
 *
 * @param folder the run folder
 * @param config the resolved configuration
 * @param evaluations lines of type {@code eval} of its metrics, oldest first; the first may be of
 *     the untrained network
 * @param train the last line of type {@code train}, if there is one
 * @param meters the last line of type {@code meters}, if there is one
 * @param summary results, if the run is finished
 */
record RunReport(
    Path folder,
    PretrainConfig config,
    List<JsonNode> evaluations,
    Optional<JsonNode> train,
    Optional<JsonNode> meters,
    Optional<JsonNode> summary) {

  /**
   * Reads a run folder.
   *
   * @throws DataException if it is none, or what it holds cannot be read
   */
  static RunReport read(Path folder) {
    Path config = folder.resolve("config.yaml");
    Path metrics = folder.resolve("metrics.jsonl");
    if (!RunFolder.holdsRun(folder) || !Files.exists(config)) {
      throw new DataException(folder + " is not the folder of a run");
    }
    PretrainConfig resolved = ConfigLoader.resolveOver(config, Optional.empty(), List.of());
    List<JsonNode> evaluations = new ArrayList<>();
    Optional<JsonNode> train = Optional.empty();
    Optional<JsonNode> meters = Optional.empty();
    for (JsonNode line : lines(metrics)) {
      switch (line.path("type").asString("")) {
        case "eval" -> evaluations.add(line);
        case "train" -> train = Optional.of(line);
        case "meters" -> meters = Optional.of(line);
        default -> {
          // Nothing that runs are compared by.
        }
      }
    }
    Path summary = folder.resolve("summary.json");
    return new RunReport(
        folder,
        resolved,
        evaluations,
        train,
        meters,
        Files.exists(summary) ? Optional.of(parse(content(summary), summary)) : Optional.empty());
  }

  /** The settings by their dotted keys. */
  SortedMap<String, String> settings() {
    return ConfigLoader.entries(config);
  }

  /** An accuracy of the last evaluation, in [0, 1], if it was measured after training. */
  OptionalDouble last(String key) {
    return evaluations.isEmpty() || evaluations.getLast().path("step").asLong() == 0
        ? OptionalDouble.empty()
        : number(evaluations.getLast(), key);
  }

  /** An accuracy of the untrained network, in [0, 1], if it was measured. */
  OptionalDouble untrained(String key) {
    return evaluations.isEmpty() || evaluations.getFirst().path("step").asLong() != 0
        ? OptionalDouble.empty()
        : number(evaluations.getFirst(), key);
  }

  /** Finished epochs. */
  int epochs() {
    return train
        .map(line -> line.path("epoch").asInt())
        .orElseGet(() -> evaluations.isEmpty() ? 0 : evaluations.getLast().path("epoch").asInt());
  }

  static OptionalDouble number(JsonNode line, String key) {
    return line.path(key).isNumber()
        ? OptionalDouble.of(line.path(key).asDouble())
        : OptionalDouble.empty();
  }

  /**
   * Returns the lines of a {@code metrics.jsonl}; none if there is no such file.
   *
   * @throws DataException if it cannot be read
   */
  static List<JsonNode> lines(Path file) {
    if (!Files.exists(file)) {
      return List.of();
    }
    String text = content(file);
    // A last line without an end is being written, or was when the run was killed.
    return text.substring(0, text.lastIndexOf('\n') + 1)
        .lines()
        .map(line -> parse(line, file))
        .toList();
  }

  private static String content(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new DataException("cannot read " + file + ": " + e, e);
    }
  }

  private static JsonNode parse(String text, Path file) {
    try {
      return JsonMapper.shared().readTree(text);
    } catch (JacksonException e) {
      throw new DataException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
    }
  }
}
