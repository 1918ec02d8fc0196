package dev.simclr.cli;

import dev.simclr.train.PretrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The runs of a study: all combinations of what is varied.
 *
 * <pre>
 * recipe: cifar10-slim                 # or config: FILE
 * set: {train.epochs: 5}               # for all runs
 * vary:
 *   loss.temperature: [0.1, 0.5]       # a key and its values, or
 *   head:                              # any name, and settings by the names of their points
 *     none: {head.layers: 0}
 *     linear: {head.layers: 1}
 * </pre>
 *
 * @param points the runs, the last axis fastest
 */
record Sweep(List<Point> points) {
  private static final Set<String> KEYS = Set.of("recipe", "config", "set", "vary");

  /**
   * One run.
   *
   * @param name what was chosen on each axis, such as {@code loss.temperature=0.1 head=none}
   * @param config the resolved configuration
   */
  record Point(String name, PretrainConfig config) {}

  /** One choice on an axis: its label and its {@code key=value} settings. */
  private record Choice(String label, List<String> settings) {}

  /**
   * Resolves a sweep.
   *
   * @param yaml the sweep
   * @param origin names it in messages
   * @param overrides {@code key=value} settings laid over those of all runs
   * @throws ConfigException naming what is wrong
   */
  static Sweep of(ObjectNode yaml, String origin, List<String> overrides) {
    for (String key : yaml.propertyNames()) {
      if (!KEYS.contains(key)) {
        throw new ConfigException(
            origin + ": unknown key " + key + "; allowed: config, recipe, set, vary");
      }
    }
    Optional<String> recipe = text(yaml, "recipe", origin);
    Optional<Path> file = text(yaml, "config", origin).map(Path::of);
    List<String> common = yaml.has("set") ? settings(yaml.get("set"), origin + ": set") : List.of();
    List<List<Choice>> axes = axes(yaml, origin);
    requireVaried(axes, overrides);
    List<Point> points = new ArrayList<>();
    for (List<Choice> choices : product(axes)) {
      List<String> all = new ArrayList<>(common);
      StringJoiner name = new StringJoiner(" ");
      for (Choice choice : choices) {
        name.add(choice.label);
        all.addAll(choice.settings);
      }
      points.add(
          new Point(name.toString(), ConfigLoader.resolve(recipe, file, all, origin, overrides)));
    }
    return new Sweep(points);
  }

  /** Refuses overrides that would make all choices on an axis the same. */
  private static void requireVaried(List<List<Choice>> axes, List<String> overrides) {
    Set<String> varied =
        axes.stream()
            .flatMap(List::stream)
            .flatMap(choice -> choice.settings.stream())
            .map(Sweep::key)
            .collect(Collectors.toSet());
    for (String override : overrides) {
      if (varied.contains(key(override))) {
        throw new ConfigException(
            override + " sets what the sweep varies; change the sweep, or leave the setting out");
      }
    }
  }

  private static String key(String setting) {
    return setting.substring(0, Math.max(0, setting.indexOf('='))).strip();
  }

  private static List<List<Choice>> axes(ObjectNode yaml, String origin) {
    if (!(yaml.get("vary") instanceof ObjectNode vary) || vary.isEmpty()) {
      throw new ConfigException(
          origin + ": vary must be a section with the keys whose values are varied");
    }
    List<List<Choice>> axes = new ArrayList<>();
    for (Map.Entry<String, JsonNode> axis : vary.properties()) {
      String where = origin + ": vary." + axis.getKey();
      List<Choice> choices = new ArrayList<>();
      switch (axis.getValue()) {
        case ArrayNode values ->
            values.forEach(value -> {
              String setting = setting(axis.getKey(), value);
              choices.add(new Choice(setting, List.of(setting)));
            });
        case ObjectNode named ->
            named
                .properties()
                .forEach(point ->
                    choices.add(
                        new Choice(
                            axis.getKey() + "=" + point.getKey(),
                            settings(point.getValue(), where + "." + point.getKey()))));
        default ->
            throw new ConfigException(
                where + " must be a list of values, or a section of named settings");
      }
      if (choices.isEmpty()) {
        throw new ConfigException(where + " is empty");
      }
      axes.add(choices);
    }
    return axes;
  }

  private static List<List<Choice>> product(List<List<Choice>> axes) {
    List<List<Choice>> product = List.of(List.of());
    for (List<Choice> axis : axes) {
      List<List<Choice>> longer = new ArrayList<>();
      for (List<Choice> begin : product) {
        for (Choice choice : axis) {
          List<Choice> next = new ArrayList<>(begin);
          next.add(choice);
          longer.add(next);
        }
      }
      product = longer;
    }
    return product;
  }

  /** Settings by dotted keys, or by sections. */
  private static List<String> settings(JsonNode node, String where) {
    if (!(node instanceof ObjectNode section)) {
      throw new ConfigException(where + " must be a section of settings");
    }
    Map<String, JsonNode> leaves = new LinkedHashMap<>();
    leaves(section, "", leaves);
    return leaves.entrySet().stream().map(e -> setting(e.getKey(), e.getValue())).toList();
  }

  private static void leaves(ObjectNode section, String prefix, Map<String, JsonNode> into) {
    for (Map.Entry<String, JsonNode> entry : section.properties()) {
      if (entry.getValue() instanceof ObjectNode inner) {
        leaves(inner, prefix + entry.getKey() + ".", into);
      } else {
        into.put(prefix + entry.getKey(), entry.getValue());
      }
    }
  }

  /** As on the command line: JSON is YAML, and text needs no quotes there. */
  private static String setting(String key, JsonNode value) {
    return key + "=" + (value.isString() ? value.asString() : value.toString());
  }

  private static Optional<String> text(ObjectNode yaml, String key, String origin) {
    JsonNode value = yaml.get(key);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isString()) {
      throw new ConfigException(origin + ": " + key + " must be text, found " + value);
    }
    return Optional.of(value.asString());
  }
}
