package dev.simclr.train;

import dev.simclr.checkpoint.CheckpointException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Values in the metadata of a file of weights.
 *
 * @param values strings by key
 * @param origin the file, for messages
 */
record Metadata(Map<String, String> values, String origin) {

  boolean has(String key) {
    return values.containsKey(key);
  }

  /**
   * Reads a value.
   *
   * @param parser throws NumberFormatException for what is no value
   * @throws CheckpointException naming the file and the key, if it is missing or refused
   */
  <T> T value(String key, Function<String, T> parser) {
    String text = values.get(key);
    if (text == null) {
      throw new CheckpointException(origin + ": metadata: " + key + " is missing");
    }
    try {
      return parser.apply(text);
    } catch (NumberFormatException e) {
      throw new CheckpointException(origin + ": metadata: " + key + " is '" + text + "'", e);
    }
  }

  /**
   * Reads one of some values, as their {@code toString} writes them.
   *
   * @throws CheckpointException naming the file, the key and the values, if it is missing or none
   *     of them
   */
  <T> T choice(String key, List<T> allowed) {
    String text = value(key, Function.identity());
    return allowed.stream()
        .filter(candidate -> candidate.toString().equals(text))
        .findFirst()
        .orElseThrow(() ->
            new CheckpointException(
                origin
                    + ": metadata: "
                    + key
                    + " is '"
                    + text
                    + "'; known: "
                    + String.join(", ", allowed.stream().map(Object::toString).toList())));
  }

  /** Reads true or false. */
  boolean flag(String key) {
    return choice(key, List.of(false, true));
  }
}
