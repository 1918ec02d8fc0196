package dev.simclr.train;

import dev.simclr.checkpoint.CheckpointException;
import java.io.StringWriter;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What a checkpoint holds besides tensors: {@code state.json}. Random numbers and the sample order
 * follow from the seed in the configuration and the step, so there is nothing else to save.
 *
 * @param step finished steps
 * @param seconds time that the run has taken, over all its resumes
 * @param dataset fingerprint of the training images
 * @param config the resolved configuration, see {@link ConfigEntries}
 * @param versions versions of what wrote the checkpoint
 * @param files SHA-256 in hexadecimal of the other files of the checkpoint, by name
 */
record CheckpointState(
    long step,
    double seconds,
    String dataset,
    SortedMap<String, String> config,
    SortedMap<String, String> versions,
    SortedMap<String, String> files) {
  private static final int FORMAT = 1;
  private static final JsonFactory JSON = new JsonFactory();

  CheckpointState {
    config = copy(config);
    versions = copy(versions);
    files = copy(files);
  }

  CheckpointState withFiles(SortedMap<String, String> digests) {
    return new CheckpointState(step, seconds, dataset, config, versions, digests);
  }

  String toJson() {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartObject();
      json.writeNumberProperty("format", FORMAT);
      json.writeNumberProperty("step", step);
      json.writeNumberProperty("seconds", seconds);
      json.writeStringProperty("dataset", dataset);
      write(json, "config", config);
      write(json, "versions", versions);
      write(json, "files", files);
      json.writeEndObject();
    }
    return text + "\n";
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @param origin where the text is from, for messages
   * @throws CheckpointException if the text is anything else
   */
  static CheckpointState parse(String text, String origin) {
    long format = -1;
    long step = -1;
    double seconds = 0;
    String dataset = "";
    SortedMap<String, String> config = new TreeMap<>();
    SortedMap<String, String> versions = new TreeMap<>();
    SortedMap<String, String> files = new TreeMap<>();
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), text)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = json.currentName();
        json.nextToken();
        switch (key) {
          case "format" -> format = json.getLongValue();
          case "step" -> step = json.getLongValue();
          case "seconds" -> seconds = json.getDoubleValue();
          case "dataset" -> dataset = json.getString();
          case "config" -> read(json, config);
          case "versions" -> read(json, versions);
          case "files" -> read(json, files);
          default -> throw new CheckpointException(origin + ": unknown key " + key);
        }
      }
    } catch (JacksonException e) {
      throw new CheckpointException(origin + " is not valid JSON: " + e.getOriginalMessage(), e);
    }
    if (format != FORMAT) {
      throw new CheckpointException(
          origin + " has format " + format + "; this version reads format " + FORMAT);
    }
    if (step < 0) {
      throw new CheckpointException(origin + " has no step");
    }
    return new CheckpointState(step, seconds, dataset, config, versions, files);
  }

  private static void write(JsonGenerator json, String name, Map<String, String> entries) {
    json.writeObjectPropertyStart(name);
    entries.forEach(json::writeStringProperty);
    json.writeEndObject();
  }

  private static void read(JsonParser json, Map<String, String> into) {
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String key = json.currentName();
      json.nextToken();
      into.put(key, json.getString());
    }
  }

  private static SortedMap<String, String> copy(SortedMap<String, String> map) {
    return Collections.unmodifiableSortedMap(new TreeMap<>(map));
  }
}
