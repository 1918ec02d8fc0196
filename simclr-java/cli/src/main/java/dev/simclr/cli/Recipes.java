package dev.simclr.cli;

import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** The recipes in the jar: YAML files whose first comment line says what they are. */
final class Recipes {
  /** Those of pretraining, in the order in which they are listed. */
  static final List<String> NAMES =
      List.of(
          "quickstart",
          "cifar10-slim",
          "cifar10-resnet18",
          "cifar10-google",
          "cifar10-resnet50",
          "cifar10-small-batch",
          "cifar100",
          "stl10",
          "fashion-mnist-slim",
          "fashion-mnist",
          "folder",
          "imagenet-resnet50-v1",
          "imagenet-resnet50-v2");

  /** Those of commands that evaluate; see {@link RecipeOptions}. */
  static final List<String> OF_EVALUATION =
      List.of(
          "linear-v1",
          "linear-v2",
          "finetune-1pct-v1",
          "finetune-10pct-v1",
          "finetune-1pct-v2",
          "finetune-10pct-v2",
          "supervised");

  /** The commands that {@link #OF_EVALUATION} belong to. */
  static final List<String> EVALUATING = List.of("linear", "finetune");

  private Recipes() {}

  /** The recipe's text, comments included. */
  static String text(String name) {
    List<String> all = Stream.concat(NAMES.stream(), OF_EVALUATION.stream()).toList();
    if (!all.contains(name)) {
      String hint = NearestName.of(name, all).map(n -> "; did you mean " + n + "?").orElse("");
      throw new ConfigException(
          "there is no recipe " + name + hint + " (simclr recipes lists them)");
    }
    return Resources.text("recipes/" + name + ".yaml");
  }

  /**
   * The settings of a recipe of pretraining.
   *
   * @throws ConfigException if there is none of this name
   */
  static ObjectNode tree(String name) {
    if (OF_EVALUATION.contains(name)) {
      throw new ConfigException(
          "recipe " + name + " is one of simclr " + RecipeOptions.command(name).orElseThrow());
    }
    return YamlTree.parse(text(name), "recipe " + name);
  }

  /** The first comment line. */
  static String description(String name) {
    return text(name).lines().findFirst().orElse("").replaceFirst("^#\\s*", "");
  }
}
