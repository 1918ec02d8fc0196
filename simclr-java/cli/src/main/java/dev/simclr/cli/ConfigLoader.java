package dev.simclr.cli;

import dev.simclr.train.PretrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/**
 * Turns layers of settings into a {@link PretrainConfig}: the defaults, a recipe, a file, and
 * {@code section.key=value} overrides, each over the one before.
 */
final class ConfigLoader {
  private static final YAMLMapper MAPPER =
      YAMLMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
          .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
          .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .build();

  private ConfigLoader() {}

  /**
   * Resolves the layers.
   *
   * @throws ConfigException naming the key, what was found and what is allowed
   */
  static PretrainConfig resolve(
      Optional<String> recipe, Optional<Path> file, List<String> overrides) {
    ConfigTree tree = new ConfigTree(tree(PretrainConfig.defaults()));
    recipe.ifPresent(name -> tree.merge(Recipes.tree(name), "recipe " + name));
    file.ifPresent(path -> tree.merge(YamlTree.read(path), path.toString()));
    overrides.forEach(tree::override);
    return bind(tree.node());
  }

  /** Resolves a file and overrides over the saved configuration of a run. */
  static PretrainConfig resolveOver(Path savedConfig, Optional<Path> file, List<String> overrides) {
    ConfigTree tree = new ConfigTree(tree(PretrainConfig.defaults()));
    tree.merge(YamlTree.read(savedConfig), savedConfig.toString());
    file.ifPresent(path -> tree.merge(YamlTree.read(path), path.toString()));
    overrides.forEach(tree::override);
    return bind(tree.node());
  }

  /** The keys whose values differ, each as {@code key (a, not b)}. */
  static List<String> differences(PretrainConfig a, PretrainConfig b) {
    List<String> into = new ArrayList<>();
    differences(tree(a), tree(b), "", into);
    return into;
  }

  /** All settings by their dotted keys, as JSON values; text is without quotes. */
  static SortedMap<String, String> entries(PretrainConfig config) {
    SortedMap<String, String> into = new TreeMap<>();
    entries(tree(config), "", into);
    return into;
  }

  private static void entries(ObjectNode section, String prefix, Map<String, String> into) {
    section
        .properties()
        .forEach(entry -> {
          String key = prefix + entry.getKey();
          switch (entry.getValue()) {
            case ObjectNode inner -> entries(inner, key + ".", into);
            case StringNode text -> into.put(key, text.asString());
            default -> into.put(key, entry.getValue().toString());
          }
        });
  }

  /** The YAML form of a configuration. */
  private static ObjectNode tree(PretrainConfig config) {
    return ConfigSchema.flatten(MAPPER.valueToTree(config));
  }

  private static void differences(JsonNode a, JsonNode b, String path, List<String> into) {
    if (a instanceof ObjectNode || b instanceof ObjectNode) {
      Set<String> keys = new LinkedHashSet<>();
      a.properties().forEach(e -> keys.add(e.getKey()));
      b.properties().forEach(e -> keys.add(e.getKey()));
      for (String key : keys) {
        differences(child(a, key), child(b, key), path.isEmpty() ? key : path + "." + key, into);
      }
    } else if (!a.equals(b)) {
      into.add(path + " (" + a + ", not " + b + ")");
    }
  }

  private static JsonNode child(JsonNode node, String key) {
    return node.has(key) ? node.get(key) : NullNode.instance;
  }

  /** Writes a resolved configuration; {@link #resolve} reads it back to an equal one. */
  static String toYaml(PretrainConfig config) {
    return MAPPER.writeValueAsString(tree(config));
  }

  private static PretrainConfig bind(ObjectNode node) {
    try {
      return MAPPER.treeToValue(ConfigSchema.nest(node), PretrainConfig.class);
    } catch (InvalidFormatException e) {
      throw new ConfigException(
          key(e) + " is " + e.getValue() + "; allowed: " + allowed(e.getTargetType()), e);
    } catch (DatabindException e) {
      // The records check their values and name key, value and range themselves.
      String message =
          e.getCause() instanceof IllegalArgumentException refused
              ? refused.getMessage()
              : key(e) + ": " + e.getOriginalMessage().lines().findFirst().orElse("unusable");
      throw new ConfigException(message, e);
    }
  }

  /** The key in the YAML form: levels that it does not have are left out. */
  private static String key(JacksonException e) {
    return ConfigSchema.key(
        e.getPath().stream()
            .map(step -> step.getPropertyName() == null ? "" : step.getPropertyName())
            .toList());
  }

  private static String allowed(Class<?> type) {
    return type.isEnum()
        ? Arrays.stream(type.getEnumConstants())
            .map(Object::toString)
            .collect(Collectors.joining(", "))
        : "a value of type " + type.getSimpleName();
  }
}
