package dev.simclr.train;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A configuration as flat text: {@code train.log_every} to {@code "10"}; absent values are left
 * out.
 */
final class ConfigEntries {
  private static final Pattern UPPER = Pattern.compile("[A-Z]");

  /**
   * What a resumed run may change: where the data lies (its fingerprint is checked instead), what
   * is measured and kept, and how fast it goes; none of it changes which weights come out.
   */
  private static final Pattern FREE =
      Pattern.compile(
          "data\\.(root|cache)|eval\\..*|train\\.(threads|loader_threads|checkpoint_every"
              + "|keep_checkpoints|eval_every|log_every|memory_check)");

  private ConfigEntries() {}

  static SortedMap<String, String> of(PretrainConfig config) {
    return of(config, "");
  }

  /** Flattens one section; {@code prefix} goes before its keys. */
  static SortedMap<String, String> of(Record section, String prefix) {
    SortedMap<String, String> entries = new TreeMap<>();
    flatten(section, prefix, entries);
    return Collections.unmodifiableSortedMap(entries);
  }

  /**
   * Checks that a run can go on with another configuration.
   *
   * @throws IllegalArgumentException naming the keys that differ and both values
   */
  static void requireResumable(Map<String, String> saved, Map<String, String> current) {
    List<String> changes = new ArrayList<>();
    SortedMap<String, String> defaults = of(PretrainConfig.defaults());
    SortedMap<String, String> all = new TreeMap<>(saved);
    all.putAll(current);
    for (String key : all.keySet()) {
      // A version that did not know the key did what its default value says.
      String before = saved.getOrDefault(key, defaults.get(key));
      String now = current.get(key);
      if (!Objects.equals(before, now) && !FREE.matcher(key).matches()) {
        changes.add(key + " was " + text(before) + ", now " + text(now));
      }
    }
    if (!changes.isEmpty()) {
      throw new IllegalArgumentException(
          "a run is resumed with the configuration that it was started with; "
              + String.join("; ", changes));
    }
  }

  private static String text(String value) {
    return value == null ? "not set" : value;
  }

  private static void flatten(Record section, String prefix, Map<String, String> into) {
    for (RecordComponent component : section.getClass().getRecordComponents()) {
      String key = prefix + snakeCase(component.getName());
      Object value = read(section, component);
      if (value instanceof Inline part) {
        flatten((Record) part, prefix, into);
      } else if (value instanceof Record nested) {
        flatten(nested, key + ".", into);
      } else if (value instanceof Map<?, ?> numbered) {
        numbered.forEach(
            (number, nested) -> flatten((Record) nested, key + "_" + number + ".", into));
      } else if (value instanceof Optional<?> optional) {
        optional.ifPresent(present -> into.put(key, present.toString()));
      } else {
        into.put(key, value.toString());
      }
    }
  }

  private static Object read(Record section, RecordComponent component) {
    try {
      return component.getAccessor().invoke(section);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("the accessors of configuration records are public", e);
    }
  }

  private static String snakeCase(String camelCase) {
    return UPPER
        .matcher(camelCase)
        .replaceAll(match -> "_" + match.group().toLowerCase(Locale.ROOT));
  }
}
