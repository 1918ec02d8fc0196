package dev.simclr.train;

import java.io.StringWriter;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultPrettyPrinter;

/**
 * The results of a run: {@code summary.json}. What counts is {@code last}; {@code best} is chosen
 * with the test labels and therefore flatters.
 *
 * @param steps finished steps
 * @param epochs finished epochs
 * @param images training images
 * @param seconds time that the run took, evaluations included, over all its resumes
 * @param precision type of convolutions and matrix products
 * @param device where tensors were
 * @param libtorch version of libtorch
 * @param dataset fingerprint of the training images
 * @param rawPixels accuracy of kNN on pixels, if it was measured
 * @param untrained evaluation before the first step
 * @param last evaluation after the last step
 * @param best evaluation of the epoch with the highest kNN accuracy (linear probe without kNN)
 */
public record RunSummary(
    long steps,
    int epochs,
    int images,
    double seconds,
    String precision,
    String device,
    String libtorch,
    String dataset,
    OptionalDouble rawPixels,
    Optional<Evaluation> untrained,
    Optional<Evaluation> last,
    Optional<Evaluation> best) {

  static Optional<Evaluation> untrained(List<Evaluation> evaluations) {
    return evaluations.stream().filter(e -> e.step() == 0).findFirst();
  }

  static Optional<Evaluation> at(List<Evaluation> evaluations, long step) {
    return evaluations.stream().filter(e -> e.step() == step).findFirst();
  }

  /** The best trained one; the earliest of equals. */
  static Optional<Evaluation> best(List<Evaluation> evaluations) {
    return evaluations.stream()
        .filter(e -> e.step() > 0)
        .max(
            Comparator.comparingDouble(Evaluation::score)
                .thenComparing(Comparator.comparingLong(Evaluation::step).reversed()));
  }

  String toJson() {
    StringWriter text = new StringWriter();
    try (JsonGenerator json =
        new JsonFactory()
            .createGenerator(
                new ObjectWriteContext.Base() {
                  @Override
                  public tools.jackson.core.PrettyPrinter getPrettyPrinter() {
                    return new DefaultPrettyPrinter();
                  }
                },
                text)) {
      json.writeStartObject();
      json.writeNumberProperty("steps", steps);
      json.writeNumberProperty("epochs", epochs);
      json.writeNumberProperty("images", images);
      json.writeNumberProperty("seconds", seconds);
      json.writeStringProperty("precision", precision);
      json.writeStringProperty("device", device);
      json.writeStringProperty("libtorch", libtorch);
      json.writeStringProperty("dataset", dataset);
      rawPixels.ifPresent(v -> json.writeNumberProperty("raw_pixels_knn", v));
      untrained.ifPresent(e -> write(json, "untrained", e));
      last.ifPresent(e -> write(json, "last", e));
      best.ifPresent(e -> write(json, "best", e));
      json.writeEndObject();
    }
    return text + "\n";
  }

  private static void write(JsonGenerator json, String name, Evaluation e) {
    json.writeObjectPropertyStart(name);
    json.writeNumberProperty("epoch", e.epoch());
    json.writeNumberProperty("step", e.step());
    e.knn().ifPresent(v -> json.writeNumberProperty("knn", v));
    e.linear().ifPresent(v -> json.writeNumberProperty("linear", v));
    e.probeH().ifPresent(v -> json.writeNumberProperty("probe_h", v));
    e.probeZ().ifPresent(v -> json.writeNumberProperty("probe_z", v));
    json.writeEndObject();
  }
}
