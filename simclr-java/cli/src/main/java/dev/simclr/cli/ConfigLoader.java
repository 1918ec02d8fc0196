package dev.simclr.cli;

import dev.simclr.train.PretrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
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
          .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
          .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
          .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .build();

  private static final String COMMAND_LINE = "the command line";

  private ConfigLoader() {}

  /**
   * Resolves the layers.
   *
   * @throws ConfigException naming the key, what was found and what is allowed
   */
  static PretrainConfig resolve(
      Optional<String> recipe, Optional<Path> file, List<String> overrides) {
    return resolve(recipe, file, List.of(), "", overrides);
  }

  /**
   * Resolves the layers, and settings of a sweep between the file and the overrides.
   *
   * @param settings {@code key=value} settings, which the command line does not have
   * @param origin names them in messages
   * @throws ConfigException naming the key, what was found and what is allowed
   */
  static PretrainConfig resolve(
      Optional<String> recipe,
      Optional<Path> file,
      List<String> settings,
      String origin,
      List<String> overrides) {
    ConfigTree tree = new ConfigTree(ConfigRecords.tree(PretrainConfig.defaults()));
    recipe.ifPresent(name -> tree.merge(Recipes.tree(name), "recipe " + name));
    file.ifPresent(path -> tree.merge(YamlTree.read(path), path.toString()));
    settings.forEach(setting -> tree.override(setting, origin));
    overrides.forEach(setting -> tree.override(setting, COMMAND_LINE));
    return ConfigRecords.bind(tree.node());
  }

  /** Resolves a file and overrides over the saved configuration of a run. */
  static PretrainConfig resolveOver(Path savedConfig, Optional<Path> file, List<String> overrides) {
    ConfigTree tree = new ConfigTree(ConfigRecords.tree(PretrainConfig.defaults()));
    tree.merge(YamlTree.read(savedConfig), savedConfig.toString());
    file.ifPresent(path -> tree.merge(YamlTree.read(path), path.toString()));
    overrides.forEach(setting -> tree.override(setting, COMMAND_LINE));
    return ConfigRecords.bind(tree.node());
  }

  /** The keys whose values differ, each as {@code key (a, not b)}. */
  static List<String> differences(PretrainConfig a, PretrainConfig b) {
    List<String> into = new ArrayList<>();
    differences(ConfigRecords.tree(a), ConfigRecords.tree(b), "", into);
    return into;
  }

  /** All settings by their dotted keys, as JSON values; text is without quotes. */
  static SortedMap<String, String> entries(PretrainConfig config) {
    SortedMap<String, String> into = new TreeMap<>();
    entries(ConfigRecords.tree(config), "", into);
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
    return MAPPER.writeValueAsString(ConfigRecords.tree(config));
  }
}
