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
 * names the key, what was found and the nearest valid key.
 */
final class ConfigTree {
  private final ObjectNode tree;

  /** Starts from the defaults, which also are the schema; the node is changed in place. */
  ConfigTree(ObjectNode defaults) {
    this.tree = defaults;
  }

  ObjectNode node() {
    return tree;
  }

  /** Lays a mapping over what is there; {@code origin} names the layer in messages. */
  void merge(ObjectNode layer, String origin) {
    merge(tree, layer, "", origin);
  }

  /** Applies one {@code section.key=value}. */
  void override(String assignment) {
    int eq = assignment.indexOf('=');
    if (eq <= 0) {
      throw new ConfigException("expected key=value, got '" + assignment + "'");
    }
    String path = assignment.substring(0, eq).strip();
    String text = assignment.substring(eq + 1).strip();
    JsonNode value = YamlTree.parseValue(text, assignment);
    ObjectNode node = tree;
    String[] parts = path.split("\\.", -1);
    for (int i = 0; i < parts.length - 1; i++) {
      if (!(node.get(parts[i]) instanceof ObjectNode child)) {
        throw unknown(path, "the command line");
      }
      node = child;
    }
    String key = parts[parts.length - 1];
    if (!node.has(key)) {
      throw unknown(path, "the command line");
    }
    if (node.get(key) instanceof ObjectNode) {
      throw new ConfigException(
          path + " is a section; set one of its keys: " + path + ".KEY=VALUE");
    }
    boolean named = kind(node.get(key)).equals("text") || node.get(key).isNull();
    if (named && (value.isNumber() || value.isBoolean())) {
      // A folder may be called 007, which is another one than 7.
      value = StringNode.valueOf(text);
    }
    node.set(key, checked(node.get(key), value, path, "the command line"));
  }

  private void merge(ObjectNode into, ObjectNode layer, String prefix, String origin) {
    for (Map.Entry<String, JsonNode> entry : layer.properties()) {
      String path = prefix + entry.getKey();
      JsonNode current = into.get(entry.getKey());
      if (current == null) {
        throw unknown(path, origin);
      }
      if (current instanceof ObjectNode section) {
        if (!(entry.getValue() instanceof ObjectNode values)) {
          throw new ConfigException(origin + ": " + path + " is a section with keys of its own");
        }
        merge(section, values, path + ".", origin);
      } else {
        into.set(entry.getKey(), checked(current, entry.getValue(), path, origin));
      }
    }
  }

  private ConfigException unknown(String path, String origin) {
    List<String> valid = new ArrayList<>();
    leaves(tree, "", valid);
    String hint =
        NearestName.of(path, valid)
            .or(() -> sameLastPart(path, valid))
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

  private static JsonNode checked(JsonNode current, JsonNode value, String path, String origin) {
    String expected = kind(current);
    String found = kind(value);
    if (current.isNull() && (value.isNumber() || value.isBoolean())) {
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
      // Jackson reads 5e-4 and nan, numbers in YAML's core schema, as text.
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

  private static OptionalDouble number(String text) {
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
