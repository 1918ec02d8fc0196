package dev.simclr.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.DoubleNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * A tree of settings whose keys are fixed: layers (recipe, file, overrides) are merged over the
 * defaults, and a key that the defaults do not have, or a value of another type, is an error that
 * names the key, what was found and the nearest valid key. Sections that {@link ConfigSchema} calls
 * optional come into being when a layer has one.
 */
final class ConfigTree {
  private final ObjectNode schema;
  private final ObjectNode tree;

  /** Starts from the defaults, which also are the schema. */
  ConfigTree(ObjectNode defaults) {
    this.schema = defaults;
    this.tree = defaults.deepCopy();
  }

  ObjectNode node() {
    return tree;
  }

  /** Lays a mapping over what is there; {@code origin} names the layer in messages. */
  void merge(ObjectNode layer, String origin) {
    merge(tree, schema, layer, "", origin);
  }

  /** Applies one {@code section.key=value}; {@code origin} names where it is from in messages. */
  void override(String assignment, String origin) {
    int eq = assignment.indexOf('=');
    if (eq <= 0) {
      throw new ConfigException("expected key=value, got '" + assignment + "'");
    }
    String path = assignment.substring(0, eq).strip();
    String text = assignment.substring(eq + 1).strip();
    JsonNode value = YamlTree.parseValue(text, assignment);
    ObjectNode node = tree;
    ObjectNode known = schema;
    String[] parts = path.split("\\.", -1);
    String prefix = "";
    for (int i = 0; i < parts.length - 1; i++) {
      if (!(expected(known, prefix, parts[i]) instanceof ObjectNode section)) {
        throw unknown(path, origin);
      }
      node = node.withObjectProperty(parts[i]);
      known = section;
      prefix += parts[i] + ".";
    }
    String key = parts[parts.length - 1];
    JsonNode expected = expected(known, prefix, key);
    if (expected == null) {
      throw unknown(path, origin);
    }
    if (expected instanceof ObjectNode) {
      throw new ConfigException(
          path + " is a section; set one of its keys: " + path + ".KEY=VALUE");
    }
    boolean named = kind(expected).equals("text") || expected.isNull();
    if (named && (value.isNumber() || value.isBoolean())) {
      // A folder may be called 007, which is another one than 7.
      value = StringNode.valueOf(text);
    }
    node.set(key, checked(expected, value, path, origin));
  }

  private void merge(
      ObjectNode into, ObjectNode known, ObjectNode layer, String prefix, String origin) {
    for (Map.Entry<String, JsonNode> entry : layer.properties()) {
      String path = prefix + entry.getKey();
      JsonNode expected = expected(known, prefix, entry.getKey());
      if (expected == null) {
        throw unknown(path, origin);
      }
      if (expected instanceof ObjectNode section) {
        if (!(entry.getValue() instanceof ObjectNode values)) {
          throw new ConfigException(origin + ": " + path + " is a section with keys of its own");
        }
        merge(into.withObjectProperty(entry.getKey()), section, values, path + ".", origin);
      } else {
        into.set(entry.getKey(), checked(expected, entry.getValue(), path, origin));
      }
    }
  }

  /** What the schema has under a key: a section, a value of the right kind, or null. */
  private JsonNode expected(ObjectNode known, String prefix, String key) {
    JsonNode value = known.get(key);
    return value != null ? value : ConfigSchema.optionalSection(prefix + key, schema).orElse(null);
  }

  private ConfigException unknown(String path, String origin) {
    List<String> valid = new ArrayList<>();
    leaves(schema, "", valid);
    int dot = path.lastIndexOf('.');
    if (dot > 0) {
      String section = path.substring(0, dot);
      ConfigSchema.optionalSection(section, schema)
          .ifPresent(keys -> leaves(keys, section + ".", valid));
    }
    String hint =
        sameLastPart(path, valid)
            .or(() -> NearestName.of(path, valid))
            .map(n -> "; did you mean " + n + "?")
            .orElse("");
    return new ConfigException("unknown key " + path + " in " + origin + hint);
  }

  private static Optional<String> sameLastPart(String path, List<String> valid) {
    String last = path.substring(path.lastIndexOf('.') + 1);
    return valid.stream().filter(v -> v.endsWith("." + last)).findFirst();
  }

  private static void leaves(ObjectNode node, String prefix, List<String> into) {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      if (entry.getValue() instanceof ObjectNode section) {
        leaves(section, prefix + entry.getKey() + ".", into);
      } else {
        into.add(prefix + entry.getKey());
      }
    }
  }

  private static JsonNode checked(JsonNode like, JsonNode value, String path, String origin) {
    String expected = kind(like);
    String found = kind(value);
    if (like.isNull() && (value.isNumber() || value.isBoolean())) {
      throw new ConfigException(
          origin
              + ": "
              + path
              + " must be text or a list, found "
              + value
              + " (write text in quotes)");
    }
    boolean fits =
        expected.equals(found)
            || expected.equals("nothing")
            || (expected.equals("a number") && found.equals("a whole number"))
            || (expected.equals("a list") && found.equals("nothing"));
    if (expected.equals("text")
        && !found.equals("text")
        && value.isValueNode()
        && !value.isNull()) {
      return StringNode.valueOf(value.asString());
    }
    if (expected.equals("a number") && found.equals("text")) {
      OptionalDouble number = number(value.asString());
      if (number.isPresent()) {
        return DoubleNode.valueOf(number.getAsDouble());
      }
    }
    if (!fits) {
      String hint =
          expected.equals("true or false") && found.equals("text") ? " (write true or false)" : "";
      throw new ConfigException(
          origin + ": " + path + " must be " + expected + ", found " + value + hint);
    }
    return value;
  }

  /** Reads a number as YAML's core schema has it, of which Jackson takes 5e-4 and nan as text. */
  static OptionalDouble number(String text) {
    if (text.matches("(?i)\\.?nan")) {
      return OptionalDouble.of(Double.NaN);
    }
    if (text.matches("(?i)[-+]?\\.?inf(inity)?")) {
      double sign = text.startsWith("-") ? -1 : 1;
      return OptionalDouble.of(sign * Double.POSITIVE_INFINITY);
    }
    return text.matches("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?")
        ? OptionalDouble.of(Double.parseDouble(text))
        : OptionalDouble.empty();
  }

  private static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case BOOLEAN -> "true or false";
      case NUMBER -> node.isIntegralNumber() ? "a whole number" : "a number";
      case STRING -> "text";
      case ARRAY -> "a list";
      case OBJECT, POJO -> "a section";
      case NULL, MISSING, BINARY -> "nothing";
    };
  }
}
