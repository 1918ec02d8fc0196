package dev.simclr.cli;

import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Where a configuration comes from beside single settings, as options that commands share. */
final class ConfigSources {
  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      description = "A recipe to start from; 'simclr recipes' lists them.")
  Optional<String> recipe = Optional.empty();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A YAML file with settings, laid over the recipe.")
  Optional<Path> file = Optional.empty();

  /** Whether the recipe or the file has a value for a key, such as {@code model.encoder}. */
  boolean give(String key) {
    return Stream.concat(recipe.map(Recipes::tree).stream(), file.map(YamlTree::read).stream())
        .anyMatch(layer -> !layer.at("/" + key.replace('.', '/')).isMissingNode());
  }
}
