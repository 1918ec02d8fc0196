package dev.simclr.train;

import dev.simclr.checkpoint.CheckpointException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What it takes to use the weights of a classifier: the encoder, how many layers of its projection
 * head are kept (SimCLRv2, arXiv 2006.10029, section 2), and the names of the classes. The file of
 * a classifier has it as metadata, so that the file can be used alone.
 *
 * @param encoder the encoder, and how images are prepared
 * @param head the projection head; absent where none of its layers is kept
 * @param headLayer layers of the head between h and the classifier; 0 for none
 * @param classNames names of the classes, in the order of the scores
 */
public record ClassifierConfig(
    EncoderConfig encoder, Optional<HeadConfig> head, int headLayer, List<String> classNames) {
  private static final String CLASSES = "classifier.classes";
  private static final String HEAD_LAYER = "classifier.head_layer";
  private static final String HEAD = "head.";
  private static final JsonFactory JSON = new JsonFactory();

  /**
   * Refuses values that no classifier can have.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public ClassifierConfig {
    Objects.requireNonNull(encoder, "encoder");
    int layers = head.map(HeadConfig::layers).orElse(0);
    if (headLayer < 0 || headLayer > layers) {
      throw new IllegalArgumentException(
          "the head layer is "
              + headLayer
              + "; allowed: 0 to "
              + layers
              + (head.isPresent() ? ", the layers of the projection head" : ", without a head"));
    }
    // Layers that are not kept are no part of it.
    head = headLayer == 0 ? Optional.empty() : head;
    classNames = List.copyOf(classNames);
    if (classNames.isEmpty() || new HashSet<>(classNames).size() < classNames.size()) {
      throw new IllegalArgumentException(
          "classNames are " + classNames + "; allowed: at least one, all different");
    }
  }

  /** Describes a linear classifier on h. */
  public static ClassifierConfig of(EncoderConfig encoder, List<String> classNames) {
    return new ClassifierConfig(encoder, Optional.empty(), 0, classNames);
  }

  /**
   * Returns how many features the linear layer takes: the width of h, or of a layer of the head.
   */
  public int featureDim() {
    return ClassifierModel.width(this, encoder.featureDim());
  }

  /** Returns the metadata that the classifier's file has. */
  public Map<String, String> metadata() {
    return metadata(encoder.metadata());
  }

  /** Returns the same without a word on the architecture, for a network of the caller's. */
  Map<String, String> metadataOfViews() {
    return metadata(EncoderMetadata.ofViews(encoder));
  }

  private Map<String, String> metadata(Map<String, String> ofEncoder) {
    Map<String, String> metadata = new TreeMap<>(ofEncoder);
    metadata.put(CLASSES, toJson(classNames));
    metadata.put(HEAD_LAYER, Integer.toString(headLayer));
    head.ifPresent(section -> metadata.putAll(ConfigEntries.of(section, HEAD)));
    return metadata;
  }

  /**
   * Reads the metadata of a classifier's file.
   *
   * @param metadata strings of the file's header; others than these are ignored
   * @param origin the file, for messages
   * @throws CheckpointException naming the file and the value that is missing or wrong
   */
  public static ClassifierConfig of(Map<String, String> metadata, String origin) {
    return read(metadata, origin, EncoderConfig::of);
  }

  /**
   * Reads the metadata of the file of a classifier on a network of the caller's: {@code model} of
   * the encoder is the default one, and means nothing.
   *
   * @param metadata as in {@link #of(Map, String)}
   * @param origin likewise
   * @throws CheckpointException naming the file and the value that is missing or wrong
   */
  public static ClassifierConfig ofViews(Map<String, String> metadata, String origin) {
    return read(metadata, origin, EncoderConfig::ofViews);
  }

  private static ClassifierConfig read(
      Map<String, String> metadata,
      String origin,
      BiFunction<Map<String, String>, String, EncoderConfig> ofEncoder) {
    if (!metadata.containsKey(CLASSES)) {
      throw new CheckpointException(
          origin
              + " is no classifier: its metadata names no classes; 'simclr linear --out' and"
              + " 'simclr finetune' write classifiers");
    }
    EncoderConfig encoder = ofEncoder.apply(metadata, origin);
    Metadata values = new Metadata(metadata, origin);
    int headLayer = values.value(HEAD_LAYER, Integer::valueOf);
    try {
      Optional<HeadConfig> head = headLayer == 0 ? Optional.empty() : Optional.of(head(values));
      return new ClassifierConfig(
          encoder, head, headLayer, fromJson(metadata.get(CLASSES), origin));
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(origin + ": metadata: " + e.getMessage(), e);
    }
  }

  private static HeadConfig head(Metadata values) {
    return HeadConfig.builder()
        .layers(values.value(HEAD + "layers", Integer::valueOf))
        .hidden(values.value(HEAD + "hidden", Integer::valueOf))
        .out(values.value(HEAD + "out", Integer::valueOf))
        .batchNorm(values.flag(HEAD + "batch_norm"))
        .lastBatchNorm(values.flag(HEAD + "last_batch_norm"))
        .build();
  }

  private static String toJson(List<String> names) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      json.writeStartArray();
      names.forEach(json::writeString);
      json.writeEndArray();
    }
    return text.toString();
  }

  private static List<String> fromJson(String text, String origin) {
    List<String> names = new ArrayList<>();
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), text)) {
      boolean array = json.nextToken() == JsonToken.START_ARRAY;
      while (array && json.nextToken() == JsonToken.VALUE_STRING) {
        names.add(json.getString());
      }
      if (!array || json.currentToken() != JsonToken.END_ARRAY) {
        throw new CheckpointException(
            origin + ": metadata: " + CLASSES + " is no JSON array of strings");
      }
    } catch (JacksonException e) {
      throw new CheckpointException(
          origin + ": metadata: " + CLASSES + " is not valid JSON: " + e.getOriginalMessage(), e);
    }
    return names;
  }
}
