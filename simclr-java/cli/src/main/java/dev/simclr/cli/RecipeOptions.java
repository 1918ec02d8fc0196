package dev.simclr.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Recipes of commands that evaluate: beside settings they have a section with the name of the
 * command, whose keys are its options. They are put before what the user gives, who may give any of
 * them anew.
 *
 * <pre>
 * finetune: {labels: 1%, epochs: 60}   # as --labels 1% --epochs 60
 * model: {width: 0.25}                 # as model.width=0.25
 * </pre>
 */
final class RecipeOptions {
  private static final String OPTION = "--recipe";

  private RecipeOptions() {}

  /** The command that a recipe belongs to, or nothing for those that pretrain. */
  static Optional<String> command(String recipe) {
    ObjectNode tree = parse(recipe);
    return Recipes.EVALUATING.stream().filter(tree::has).findFirst();
  }

  /**
   * Replaces {@code --recipe NAME} by what the recipe says, if it is one of the command.
   *
   * @param args the command line, the command first
   * @return the command line without that recipe; as it was if there is none
   * @throws ConfigException if the recipe belongs to another command
   */
  static String[] expand(String... args) {
    if (args.length == 0 || !Recipes.EVALUATING.contains(args[0])) {
      return args;
    }
    List<String> rest = new ArrayList<>(List.of(args).subList(1, args.length));
    Optional<String> name = take(rest);
    if (name.isEmpty()) {
      return args;
    }
    String owner = command(name.get()).orElseThrow();
    if (!owner.equals(args[0])) {
      throw new ConfigException("recipe " + name.get() + " is one of simclr " + owner);
    }
    ObjectNode tree = parse(name.get());
    List<String> expanded = new ArrayList<>(List.of(owner));
    tree.get(owner)
        .properties()
        .forEach(option -> option("--" + option.getKey(), option.getValue(), rest, expanded));
    Map<String, String> settings = new LinkedHashMap<>();
    tree.properties().stream()
        .filter(section -> !section.getKey().equals(owner))
        .forEach(section -> settings(section.getKey(), section.getValue(), settings));
    settings.forEach((key, value) -> expanded.add(key + "=" + value));
    expanded.addAll(rest);
    return expanded.toArray(String[]::new);
  }

  /** Removes the option from the arguments, if it names a recipe of a command that evaluates. */
  private static Optional<String> take(List<String> arguments) {
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      boolean apart = argument.equals(OPTION) && i + 1 < arguments.size();
      if (!apart && !argument.startsWith(OPTION + "=")) {
        continue;
      }
      String name = apart ? arguments.get(i + 1) : argument.substring(OPTION.length() + 1);
      if (!Recipes.OF_EVALUATION.contains(name)) {
        return Optional.empty();
      }
      arguments.subList(i, apart ? i + 2 : i + 1).clear();
      return Optional.of(name);
    }
    return Optional.empty();
  }

  private static void option(String name, JsonNode value, List<String> given, List<String> into) {
    if (given.stream().anyMatch(a -> a.equals(name) || a.startsWith(name + "="))) {
      return;
    }
    if (!value.isBoolean()) {
      into.add(name + "=" + text(value));
    } else if (value.asBoolean()) {
      into.add(name);
    }
  }

  private static void settings(String key, JsonNode value, Map<String, String> into) {
    if (value instanceof ObjectNode section) {
      section.properties().forEach(e -> settings(key + "." + e.getKey(), e.getValue(), into));
    } else {
      into.put(key, text(value));
    }
  }

  private static String text(JsonNode value) {
    return value.isString() ? value.asString() : value.toString();
  }

  private static ObjectNode parse(String recipe) {
    return YamlTree.parse(Recipes.text(recipe), "recipe " + recipe);
  }
}
