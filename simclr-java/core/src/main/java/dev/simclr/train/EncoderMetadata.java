package dev.simclr.train;

import java.util.Map;
import java.util.TreeMap;

/**
 * What the file of a trained encoder says about itself, so that it can be used without its run: the
 * architecture and how images are to be prepared, under the keys of the configuration.
 */
final class EncoderMetadata {
  private EncoderMetadata() {}

  static Map<String, String> of(PretrainConfig config) {
    Map<String, String> metadata = new TreeMap<>();
    ConfigEntries.of(config)
        .forEach((key, value) -> {
          if (key.startsWith("model.")
              || key.equals("data.image_size")
              || key.equals("augment.interpolation")
              || key.equals("augment.mean")
              || key.equals("augment.std")) {
            metadata.put(key, value);
          }
        });
    metadata.put("format", "pt");
    return metadata;
  }
}
