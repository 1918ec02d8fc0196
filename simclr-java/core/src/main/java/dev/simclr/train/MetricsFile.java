package dev.simclr.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.simclr.io.AtomicFiles;
import dev.simclr.io.CannotWriteException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * {@code metrics.jsonl}: one JSON object per line, each written whole and at once.
 *
 * <p>All lines have {@code type} (text) and {@code step} (finished steps). By type:
 *
 * <ul>
 *   <li>{@code train}: {@code epoch} from 1; {@code loss}, {@code contrastive_accuracy} and {@code
 *       contrastive_entropy} of that step; {@code lr}; {@code images_per_second} (images, not
 *       views) and {@code data_wait} (share of the time, 0 to 1), both since the line before
 *   <li>{@code eval}: {@code epoch}, 0 for the untrained network; {@code knn}, {@code linear},
 *       {@code probe_h} and {@code probe_z}, accuracies from 0 to 1, where they were measured;
 *       {@code seconds}
 *   <li>{@code meters}: {@code epoch}, 0 for the untrained network; {@code std}, {@code rankme_z},
 *       {@code rankme_h}, {@code alignment} and {@code uniformity} as in {@link Meters}; {@code
 *       seconds}
 *   <li>{@code raw_pixels}: {@code knn}, accuracy of kNN on pixels
 * </ul>
 *
 * <p>A resumed run first drops the lines after the step of its checkpoint, and a last line that was
 * not written whole, so each step is there once.
 */
final class MetricsFile implements AutoCloseable {
  private static final JsonFactory JSON = new JsonFactory();

  private final Path file;
  private final FileChannel channel;
  private final List<Evaluation> evaluations;
  private final Set<Long> measured;
  private final Map<Long, Double> pauses;
  private OptionalDouble rawPixels;

  private MetricsFile(
      Path file,
      FileChannel channel,
      List<Evaluation> evaluations,
      Set<Long> measured,
      Map<Long, Double> pauses,
      OptionalDouble rawPixels) {
    this.file = file;
    this.channel = channel;
    this.evaluations = evaluations;
    this.measured = measured;
    this.pauses = pauses;
    this.rawPixels = rawPixels;
  }

  /**
   * Opens the file to append to it.
   *
   * @param file it need not exist
   * @param lastStep lines of later steps are dropped; below 0, all lines are
   * @throws CannotWriteException if it cannot be read or written
   */
  static MetricsFile open(Path file, long lastStep) {
    List<Evaluation> evaluations = new ArrayList<>();
    Set<Long> measured = new HashSet<>();
    Map<Long, Double> pauses = new HashMap<>();
    OptionalDouble rawPixels = OptionalDouble.empty();
    try {
      if (Files.exists(file)) {
        StringBuilder kept = new StringBuilder();
        String text = Files.readString(file, UTF_8);
        int start = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
          String line = text.substring(start, end);
          start = end + 1;
          Line parsed = Line.parse(line, file);
          if (parsed.step() <= lastStep) {
            kept.append(line).append('\n');
            if (parsed.type().equals("eval") || parsed.type().equals("meters")) {
              pauses.merge(parsed.step(), parsed.number("seconds").orElse(0), Double::sum);
            }
            switch (parsed.type()) {
              case "eval" -> evaluations.add(parsed.evaluation());
              case "meters" -> measured.add(parsed.step());
              case "raw_pixels" -> rawPixels = parsed.number("knn");
              default -> {
                // Other lines have nothing that a resumed run needs.
              }
            }
          }
        }
        if (kept.length() != text.length()) {
          AtomicFiles.write(file, kept.toString());
        }
      }
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      return new MetricsFile(file, channel, evaluations, measured, pauses, rawPixels);
    } catch (IOException e) {
      throw new CannotWriteException(file, e);
    }
  }

  /** Returns the evaluations that the file holds, oldest first. */
  List<Evaluation> evaluations() {
    return List.copyOf(evaluations);
  }

  /** Returns whether the file holds the meters after a step. */
  boolean measured(long step) {
    return measured.contains(step);
  }

  /**
   * Returns the seconds that evaluation and meters after a step took before the file was opened.
   */
  double secondsOfPause(long step) {
    return pauses.getOrDefault(step, 0.0);
  }

  /** Returns the accuracy of kNN on raw pixels, if the file holds it. */
  OptionalDouble rawPixels() {
    return rawPixels;
  }

  void append(StepProgress p) {
    line(
        "train",
        p.step(),
        json -> {
          json.writeNumberProperty("epoch", p.epoch());
          json.writeNumberProperty("loss", p.loss());
          json.writeNumberProperty("contrastive_accuracy", p.contrastiveAccuracy());
          json.writeNumberProperty("contrastive_entropy", p.contrastiveEntropy());
          json.writeNumberProperty("lr", p.lr());
          json.writeNumberProperty("images_per_second", p.imagesPerSecond());
          json.writeNumberProperty("data_wait", p.dataWait());
        });
  }

  void append(Evaluation e) {
    evaluations.add(e);
    line(
        "eval",
        e.step(),
        json -> {
          json.writeNumberProperty("epoch", e.epoch());
          e.knn().ifPresent(v -> json.writeNumberProperty("knn", v));
          e.linear().ifPresent(v -> json.writeNumberProperty("linear", v));
          e.probeH().ifPresent(v -> json.writeNumberProperty("probe_h", v));
          e.probeZ().ifPresent(v -> json.writeNumberProperty("probe_z", v));
          json.writeNumberProperty("seconds", e.seconds());
        });
  }

  void append(Meters m) {
    measured.add(m.step());
    line(
        "meters",
        m.step(),
        json -> {
          json.writeNumberProperty("epoch", m.epoch());
          json.writeNumberProperty("std", m.std());
          json.writeNumberProperty("rankme_z", m.rankMeZ());
          json.writeNumberProperty("rankme_h", m.rankMeH());
          json.writeNumberProperty("alignment", m.alignment());
          json.writeNumberProperty("uniformity", m.uniformity());
          json.writeNumberProperty("seconds", m.seconds());
        });
  }

  void appendRawPixels(double knn) {
    rawPixels = OptionalDouble.of(knn);
    line("raw_pixels", 0, json -> json.writeNumberProperty("knn", knn));
  }

  /** Makes sure that all lines are on the disk. */
  void force() {
    try {
      channel.force(true);
    } catch (IOException e) {
      throw new CannotWriteException(file, e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new CannotWriteException(file, e);
    }
  }

  private interface Properties {
    void write(JsonGenerator json);
  }

  private void line(String type, long step, Properties properties) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
      json.writeStartObject();
      json.writeStringProperty("type", type);
      json.writeNumberProperty("step", step);
      properties.write(json);
      json.writeEndObject();
    }
    bytes.write('\n');
    try {
      AtomicFiles.writeFully(channel, ByteBuffer.wrap(bytes.toByteArray()));
    } catch (IOException e) {
      throw new CannotWriteException(file, e);
    }
  }

  /** The text and numbers of one line. */
  private record Line(Map<String, String> texts, Map<String, Double> numbers) {
    static Line parse(String line, Path file) {
      Line parsed = new Line(new HashMap<>(), new HashMap<>());
      try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), line)) {
        json.nextToken();
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
          String key = json.currentName();
          JsonToken value = json.nextToken();
          if (value.isNumeric()) {
            parsed.numbers.put(key, json.getDoubleValue());
          } else if (value == JsonToken.VALUE_STRING) {
            parsed.texts.put(key, json.getString());
          } else {
            json.skipChildren();
          }
        }
      } catch (JacksonException e) {
        throw new IllegalArgumentException(file + " has a line that is not JSON: " + line, e);
      }
      if (!parsed.numbers.containsKey("step")) {
        throw new IllegalArgumentException(file + " has a line without a step: " + line);
      }
      return parsed;
    }

    String type() {
      return texts.getOrDefault("type", "");
    }

    long step() {
      return numbers.get("step").longValue();
    }

    OptionalDouble number(String key) {
      Double value = numbers.get(key);
      return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    Evaluation evaluation() {
      return new Evaluation(
          step(),
          (int) number("epoch").orElse(0),
          number("knn"),
          number("linear"),
          number("probe_h"),
          number("probe_z"),
          number("seconds").orElse(0));
    }
  }
}
