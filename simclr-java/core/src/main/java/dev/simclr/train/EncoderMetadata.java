package dev.simclr.train;

import dev.simclr.checkpoint.CheckpointException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the file of a trained encoder says about itself, so that it can be used without its run: an
 * {@link EncoderConfig} as strings, under the keys of the configuration.
 */
final class EncoderMetadata {
  private static final String MODEL = "model.";
  private static final String IMAGE_SIZE = "data.image_size";
  private static final String INTERPOLATION = "augment.interpolation";
  private static final String MEAN = "augment.mean";
  private static final String STD = "augment.std";

  private final Metadata metadata;

  /**
   * Prepares to read.
   *
   * @param origin the file, for messages
   */
  EncoderMetadata(Map<String, String> metadata, String origin) {
    this.metadata = new Metadata(metadata, origin);
  }

  static Map<String, String> of(EncoderConfig config) {
    Map<String, String> metadata = ofViews(config);
    metadata.putAll(ConfigEntries.of(config.model(), MODEL));
    return metadata;
  }

  /** Describes how images are prepared, and not the architecture. */
  static Map<String, String> ofViews(EncoderConfig config) {
    Map<String, String> metadata = new TreeMap<>();
    metadata.put(IMAGE_SIZE, Integer.toString(config.imageSize()));
    metadata.put(INTERPOLATION, config.interpolation().toString());
    config.mean().ifPresent(values -> metadata.put(MEAN, values.toString()));
    config.std().ifPresent(values -> metadata.put(STD, values.toString()));
    metadata.put("format", "pt");
    return metadata;
  }

  /** Whether there is something to read. */
  static boolean isIn(Map<String, String> metadata) {
    return metadata.keySet().stream().anyMatch(key -> key.startsWith(MODEL));
  }

  /** Whether there is a word on views and none on the architecture, as of a caller's network. */
  static boolean isOfViewsOnly(Map<String, String> metadata) {
    return metadata.containsKey(IMAGE_SIZE) && !isIn(metadata);
  }

  /**
   * Reads the configuration.
   *
   * @throws CheckpointException naming the file and the value that is missing or wrong
   */
  EncoderConfig read() {
    if (!isIn(metadata.values())) {
      throw new CheckpointException(
          metadata.origin()
              + (metadata.has(IMAGE_SIZE)
                  ? " is of a network of your own; load it in code with Encoder.load or"
                      + " Classifier.load, giving the network"
                  : " has no metadata on its architecture; in code it can be loaded with"
                      + " EncoderOptions.config"));
    }
    ModelConfig.Builder model =
        ModelConfig.builder()
            .encoder(metadata.choice(MODEL + "encoder", List.of(ModelConfig.Architecture.values())))
            .width(metadata.value(MODEL + "width", Double::valueOf))
            .stem(metadata.choice(MODEL + "stem", List.of(ModelConfig.StemKind.values())))
            .variant(metadata.choice(MODEL + "variant", List.of(ModelConfig.BlockVariant.values())))
            .zeroGamma(metadata.flag(MODEL + "zero_gamma"));
    // Files of earlier versions lack these keys, and have neither.
    if (metadata.has(MODEL + "resnet_d")) {
      model.resnetD(metadata.flag(MODEL + "resnet_d"));
    }
    if (metadata.has(MODEL + "sk_ratio")) {
      model.skRatio(metadata.value(MODEL + "sk_ratio", Double::valueOf));
    }
    return views(model);
  }

  /**
   * Reads how images are prepared; the architecture is the default one, and means nothing.
   *
   * @throws CheckpointException naming the file and the value that is missing or wrong
   */
  EncoderConfig readViews() {
    return views(ModelConfig.builder());
  }

  private EncoderConfig views(ModelConfig.Builder model) {
    int imageSize = metadata.value(IMAGE_SIZE, Integer::valueOf);
    AugmentSettings.Filter filter =
        metadata.choice(INTERPOLATION, List.of(AugmentSettings.Filter.values()));
    Optional<List<Double>> mean = channels(MEAN);
    Optional<List<Double>> std = channels(STD);
    try {
      return new EncoderConfig(model.build(), imageSize, filter, mean, std);
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(metadata.origin() + ": metadata: " + e.getMessage(), e);
    }
  }

  private Optional<List<Double>> channels(String key) {
    return metadata.has(key)
        ? Optional.of(metadata.value(key, EncoderMetadata::numbers))
        : Optional.empty();
  }

  /** Reads {@code [0.5, 0.5, 0.5]}. */
  private static List<Double> numbers(String text) {
    if (!text.startsWith("[") || !text.endsWith("]")) {
      throw new NumberFormatException("not a list: " + text);
    }
    return Arrays.stream(text.substring(1, text.length() - 1).split(","))
        .map(Double::valueOf)
        .toList();
  }
}
