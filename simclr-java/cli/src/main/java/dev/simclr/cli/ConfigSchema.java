package dev.simclr.cli;

import dev.simclr.train.AugmentSettings;
import dev.simclr.train.Inline;
import dev.simclr.train.PretrainConfig;
import dev.simclr.train.ViewSettings;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How the records of a configuration are written as YAML: the keys of {@link Inline} records are
 * keys of their section, and a map of numbered records is a section for each, {@code view_1} and so
 * on, that lists what differs from its surroundings.
 */
final class ConfigSchema {
  private static final Pattern UPPER = Pattern.compile("[A-Z]");
  private static final Pattern VIEW = Pattern.compile("augment\\.view_([1-9]\\d?)");

  private ConfigSchema() {}

  /** Turns the tree of the records into that of the YAML form. */
  static ObjectNode flatten(JsonNode records) {
    return flatten(records, PretrainConfig.class);
  }

  private static ObjectNode flatten(JsonNode node, Class<?> type) {
    ObjectNode flat = JsonNodeFactory.instance.objectNode();
    for (RecordComponent component : type.getRecordComponents()) {
      String key = snakeCase(component);
      JsonNode value = node.get(key);
      if (isInline(component)) {
        flat.setAll(flatten(value, component.getType()));
      } else if (component.getType().isRecord()) {
        flat.set(key, flatten(value, component.getType()));
      } else if (isNumbered(component)) {
        for (Map.Entry<String, JsonNode> entry : value.properties()) {
          flat.set(key + "_" + entry.getKey(), flatten(entry.getValue(), ViewSettings.class));
        }
      } else {
        flat.set(key, value);
      }
    }
    return flat;
  }

  /** The opposite of {@link #flatten}; what a numbered section leaves out is as around it. */
  static ObjectNode nest(ObjectNode yaml) {
    return nest(yaml, yaml, PretrainConfig.class);
  }

  private static ObjectNode nest(ObjectNode flat, ObjectNode around, Class<?> type) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    for (RecordComponent component : type.getRecordComponents()) {
      String key = snakeCase(component);
      JsonNode value = Optional.ofNullable(flat.get(key)).orElse(around.get(key));
      if (isInline(component)) {
        node.set(key, nest(flat, around, component.getType()));
      } else if (value instanceof ObjectNode section && component.getType().isRecord()) {
        node.set(key, nest(section, section, component.getType()));
      } else if (isNumbered(component)) {
        ObjectNode numbered = node.putObject(key);
        for (Map.Entry<String, JsonNode> entry : flat.properties()) {
          if (entry.getKey().startsWith(key + "_") && entry.getValue() instanceof ObjectNode own) {
            numbered.set(
                entry.getKey().substring(key.length() + 1), nest(own, flat, ViewSettings.class));
          }
        }
      } else {
        node.set(key, value == null ? NullNode.instance : value);
      }
    }
    return node;
  }

  /** Turns the path of a value among the records into its key in the YAML form. */
  static String key(List<String> path) {
    StringBuilder key = new StringBuilder();
    Class<?> type = PretrainConfig.class;
    boolean numbered = false;
    for (String step : path) {
      if (numbered) {
        key.append('_').append(step);
        type = ViewSettings.class;
        numbered = false;
        continue;
      }
      // A place in a list has no name.
      RecordComponent component = step.isEmpty() ? null : component(type, step);
      if (component != null && !isInline(component)) {
        key.append(key.isEmpty() ? "" : ".").append(step);
        numbered = isNumbered(component);
      }
      if (component != null && component.getType().isRecord()) {
        type = component.getType();
      }
    }
    return key.toString();
  }

  private static RecordComponent component(Class<?> type, String key) {
    return Arrays.stream(type.getRecordComponents())
        .filter(candidate -> snakeCase(candidate).equals(key))
        .findFirst()
        .orElseThrow(() -> new AssertionError(type + " has no " + key));
  }

  /**
   * Returns the keys that an optional section may have, with values of the right kinds, if the path
   * is that of one.
   *
   * @param defaults the YAML form of the default values
   */
  static Optional<ObjectNode> optionalSection(String path, ObjectNode defaults) {
    Matcher view = VIEW.matcher(path);
    if (!view.matches() || Integer.parseInt(view.group(1)) > AugmentSettings.MAX_VIEWS) {
      return Optional.empty();
    }
    ObjectNode section = JsonNodeFactory.instance.objectNode();
    for (String key : keys(ViewSettings.class)) {
      section.set(key, defaults.get("augment").get(key));
    }
    return Optional.of(section);
  }

  private static List<String> keys(Class<?> type) {
    List<String> keys = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      if (isInline(component)) {
        keys.addAll(keys(component.getType()));
      } else {
        keys.add(snakeCase(component));
      }
    }
    return keys;
  }

  private static boolean isInline(RecordComponent component) {
    return Inline.class.isAssignableFrom(component.getType());
  }

  private static boolean isNumbered(RecordComponent component) {
    return component.getType() == SortedMap.class;
  }

  private static String snakeCase(RecordComponent component) {
    return UPPER
        .matcher(component.getName())
        .replaceAll(match -> "_" + match.group().toLowerCase(Locale.ROOT));
  }
}
