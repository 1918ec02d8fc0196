package dev.simclr.cli;

import dev.simclr.train.PretrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.node.ObjectNode;
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
    ConfigTree tree = new ConfigTree(MAPPER.valueToTree(PretrainConfig.defaults()));
    recipe.ifPresent(name -> tree.merge(Recipes.tree(name), "recipe " + name));
    file.ifPresent(path -> tree.merge(YamlTree.read(path), path.toString()));
    overrides.forEach(tree::override);
    return bind(tree.node());
  }

  /** Resolves a file and overrides over the saved configuration of a run. */
  static PretrainConfig resolveOver(Path savedConfig, Optional<Path> file, List<String> overrides) {
    ConfigTree tree = new ConfigTree(MAPPER.valueToTree(PretrainConfig.defaults()));
    tree.merge(YamlTree.read(savedConfig), savedConfig.toString());
    file.ifPresent(path -> tree.merge(YamlTree.read(path), path.toString()));
    overrides.forEach(tree::override);
    return bind(tree.node());
  }

  /** The keys whose values differ, each as {@code key (a, not b)}. */
  static List<String> differences(PretrainConfig a, PretrainConfig b) {
    List<String> into = new ArrayList<>();
    differences(MAPPER.valueToTree(a), MAPPER.valueToTree(b), "", into);
    return into;
  }

  private static void differences(JsonNode a, JsonNode b, String path, List<String> into) {
    if (a instanceof ObjectNode section) {
      section
          .properties()
          .forEach(e ->
              differences(
                  e.getValue(),
                  b.get(e.getKey()),
                  path.isEmpty() ? e.getKey() : path + "." + e.getKey(),
                  into));
    } else if (!a.equals(b)) {
      into.add(path + " (" + a + ", not " + b + ")");
    }
  }

  /** Writes a resolved configuration; {@link #resolve} reads it back to an equal one. */
  static String toYaml(PretrainConfig config) {
    return MAPPER.writeValueAsString(config);
  }

  private static PretrainConfig bind(ObjectNode node) {
    try {
      return MAPPER.treeToValue(node, PretrainConfig.class);
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

  private static String key(JacksonException e) {
    return e.getPath().stream()
        .map(JacksonException.Reference::getPropertyName)
        .collect(Collectors.joining("."));
  }

  private static String allowed(Class<?> type) {
    return type.isEnum()
        ? Arrays.stream(type.getEnumConstants())
            .map(Object::toString)
            .collect(Collectors.joining(", "))
        : "a value of type " + type.getSimpleName();
  }
}
