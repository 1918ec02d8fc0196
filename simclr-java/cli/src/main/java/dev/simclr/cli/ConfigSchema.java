package dev.simclr.cli;

import dev.simclr.train.AugmentSettings;
import dev.simclr.train.Inline;
import dev.simclr.train.ViewSettings;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * How the records of a configuration are written as YAML: the keys of {@link Inline} records are
 * keys of their section, and a map of numbered records is a section for each, {@code view_1} and so
 * on, that lists what differs from its surroundings. {@link ConfigRecords} converts.
 */
final class ConfigSchema {
  private static final Pattern UPPER = Pattern.compile("[A-Z]");
  private static final Pattern VIEW = Pattern.compile("augment\\.view_([1-9]\\d?)");

  private ConfigSchema() {}

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

  /** Returns the keys of a section, in order. */
  static List<String> keys(Class<?> type) {
    List<String> keys = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      if (isInline(component)) {
        keys.addAll(keys(component.getType()));
      } else {
        keys.add(key(component));
      }
    }
    return keys;
  }

  /** Whether the keys of a record are keys of the section that it is in. */
  static boolean isInline(RecordComponent component) {
    return Inline.class.isAssignableFrom(component.getType());
  }

  /** Whether there is a section for each entry of a map. */
  static boolean isNumbered(RecordComponent component) {
    return component.getType() == SortedMap.class;
  }

  /** Returns the key of a component: imageSize is image_size. */
  static String key(RecordComponent component) {
    return UPPER
        .matcher(component.getName())
        .replaceAll(match -> "_" + match.group().toLowerCase(Locale.ROOT));
  }
}
