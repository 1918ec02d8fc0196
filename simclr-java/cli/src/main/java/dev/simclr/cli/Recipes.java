package dev.simclr.cli;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** The recipes in the jar: YAML files whose first comment line says what they are. */
final class Recipes {
  /** All recipe names, in the order in which they are listed. */
  static final List<String> NAMES =
      List.of(
          "quickstart",
          "cifar10-slim",
          "cifar10-resnet18",
          "cifar10-google",
          "cifar10-resnet50",
          "cifar10-small-batch",
          "cifar100",
          "fashion-mnist-slim",
          "fashion-mnist",
          "folder",
          "imagenet-resnet50-v1",
          "imagenet-resnet50-v2");

  private Recipes() {}

  /** The recipe's text, comments included. */
  static String text(String name) {
    if (!NAMES.contains(name)) {
      String hint = NearestName.of(name, NAMES).map(n -> "; did you mean " + n + "?").orElse("");
      throw new ConfigException(
          "there is no recipe " + name + hint + " (simclr recipes lists them)");
    }
    return Resources.text("recipes/" + name + ".yaml");
  }

  /** The recipe's settings. */
  static ObjectNode tree(String name) {
    return YamlTree.parse(text(name), "recipe " + name);
  }

  /** The first comment line. */
  static String description(String name) {
    return text(name).lines().findFirst().orElse("").replaceFirst("^#\\s*", "");
  }
}
