package dev.simclr.cli;

import dev.simclr.train.PretrainConfig;
import dev.simclr.train.ViewSettings;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The records of a configuration as the tree of their YAML form, and back. Jackson's own binding
 * would take longer than the JVM takes to start, and its messages are about classes, not keys.
 */
final class ConfigRecords {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ConfigRecords() {}

  /** Returns the YAML form of a configuration. */
  static ObjectNode tree(PretrainConfig config) {
    return section(config);
  }

  /**
   * Returns the configuration that a tree holds; what a numbered section leaves out is as around
   * it.
   *
   * @throws ConfigException naming the key, its value and what is allowed
   */
  static PretrainConfig bind(ObjectNode tree) {
    return bind(PretrainConfig.class, tree, tree, "");
  }

  private static ObjectNode section(Record record) {
    ObjectNode section = NODES.objectNode();
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      String key = ConfigSchema.key(component);
      Object value = read(component, record);
      if (ConfigSchema.isInline(component)) {
        section.setAll(section((Record) value));
      } else if (ConfigSchema.isNumbered(component)) {
        ((SortedMap<?, ?>) value)
            .forEach((number, own) ->
                section.set(key + "_" + number, difference((ViewSettings) own, section)));
      } else {
        section.set(key, value instanceof Record inner ? section(inner) : leaf(value));
      }
    }
    return section;
  }

  /** A section of its own that lists what differs from the one around it. */
  private static ObjectNode difference(ViewSettings settings, ObjectNode around) {
    ObjectNode own = section(settings);
    ConfigSchema.keys(ViewSettings.class).stream()
        .filter(key -> own.get(key).equals(around.get(key)))
        .forEach(own::remove);
    return own;
  }

  private static JsonNode leaf(Object value) {
    return switch (value) {
      case Boolean flag -> NODES.booleanNode(flag);
      case Integer number -> NODES.numberNode(number);
      case Long number -> NODES.numberNode(number);
      case Double number -> NODES.numberNode(number);
      case Optional<?> optional -> optional.map(ConfigRecords::leaf).orElseGet(NODES::nullNode);
      case List<?> list -> {
        ArrayNode array = NODES.arrayNode();
        list.forEach(element -> array.add(leaf(element)));
        yield array;
      }
      // So that a run can be resumed from another folder.
      case Path path -> NODES.stringNode(path.toAbsolutePath().toString());
      default -> NODES.stringNode(value.toString());
    };
  }

  private static Object read(RecordComponent component, Record record) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(component + " of a configuration cannot be read", e);
    }
  }

  private static <T extends Record> T bind(
      Class<T> type, ObjectNode own, ObjectNode around, String prefix) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    Object[] values =
        Arrays.stream(components).map(component -> value(component, own, around, prefix)).toArray();
    try {
      return type.getConstructor(types).newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        // The records check their values and name key, value and range themselves.
        throw new ConfigException(refused.getMessage(), e);
      }
      throw new AssertionError(type + " cannot be made of " + Arrays.toString(values), e);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(type + " of a configuration has no such constructor", e);
    }
  }

  private static Object value(
      RecordComponent component, ObjectNode own, ObjectNode around, String prefix) {
    String key = ConfigSchema.key(component);
    if (ConfigSchema.isInline(component)) {
      return bind(component.getType().asSubclass(Record.class), own, around, prefix);
    }
    if (ConfigSchema.isNumbered(component)) {
      SortedMap<Integer, ViewSettings> numbered = new TreeMap<>();
      for (Map.Entry<String, JsonNode> entry : own.properties()) {
        if (entry.getKey().startsWith(key + "_") && entry.getValue() instanceof ObjectNode inner) {
          numbered.put(
              Integer.valueOf(entry.getKey().substring(key.length() + 1)),
              bind(ViewSettings.class, inner, own, prefix + entry.getKey() + "."));
        }
      }
      return numbered;
    }
    JsonNode node = Optional.ofNullable(own.get(key)).orElseGet(() -> around.get(key));
    if (component.getType().isRecord()) {
      ObjectNode inner = (ObjectNode) node;
      return bind(component.getType().asSubclass(Record.class), inner, inner, prefix + key + ".");
    }
    return value(component.getGenericType(), node, prefix + key);
  }

  private static Object value(Type type, JsonNode node, String key) {
    if (type instanceof ParameterizedType generic) {
      Type inner = generic.getActualTypeArguments()[0];
      if (generic.getRawType() == Optional.class) {
        return node.isNull() ? Optional.empty() : Optional.of(value(inner, node, key));
      }
      return list(inner, node, key);
    }
    Class<?> plain = (Class<?>) type;
    if (plain == boolean.class && node.isBoolean()) {
      return node.booleanValue();
    }
    if (plain == int.class && node.isIntegralNumber()) {
      return whole(node, key, node.canConvertToInt(), Integer.MAX_VALUE).intValue();
    }
    if (plain == long.class && node.isIntegralNumber()) {
      return whole(node, key, node.canConvertToLong(), Long.MAX_VALUE).longValue();
    }
    if (plain == double.class || plain == Double.class) {
      return number(node).orElseThrow(() -> refused(key, node, "numbers"));
    }
    if (plain == String.class && node.isString()) {
      return node.stringValue();
    }
    if (plain == Path.class && node.isString()) {
      return path(node, key);
    }
    if (plain.isEnum()) {
      return constant(plain, node, key);
    }
    throw refused(key, node, plain == Path.class ? "a path" : "text");
  }

  private static List<Object> list(Type type, JsonNode node, String key) {
    if (!node.isArray()) {
      throw refused(key, node, "a list, such as [a, b]");
    }
    List<Object> values = new ArrayList<>();
    node.forEach(element -> values.add(value(type, element, key)));
    return values;
  }

  private static Number whole(JsonNode node, String key, boolean fits, long most) {
    if (!fits) {
      throw refused(key, node, "whole numbers of at most " + most + " in magnitude");
    }
    return node.numberValue();
  }

  private static OptionalDouble number(JsonNode node) {
    return node.isNumber()
        ? OptionalDouble.of(node.doubleValue())
        : node.isString() ? ConfigTree.number(node.stringValue()) : OptionalDouble.empty();
  }

  private static Path path(JsonNode node, String key) {
    String text = node.stringValue();
    if (text.isBlank()) {
      // Path.of("") is the working directory: not what data.root=$DIR without DIR means.
      throw new ConfigException(key + " is empty; allowed: a path");
    }
    try {
      return text.startsWith("file:") ? Path.of(URI.create(text)) : Path.of(text);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(key + " is not a path: " + e.getMessage(), e);
    }
  }

  private static Object constant(Class<?> type, JsonNode node, String key) {
    Object[] constants = type.getEnumConstants();
    return Arrays.stream(constants)
        .filter(constant -> node.isString() && constant.toString().equals(node.stringValue()))
        .findFirst()
        .orElseThrow(() ->
            refused(
                key,
                node,
                Arrays.stream(constants).map(Object::toString).collect(Collectors.joining(", "))));
  }

  private static ConfigException refused(String key, JsonNode node, String allowed) {
    String found = node.isString() ? node.stringValue() : node.toString();
    return new ConfigException(key + " is " + found + "; allowed: " + allowed);
  }
}
