package dev.simclr.cli;

import dev.simclr.train.PretrainConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The layers of a configuration, as options that commands share. */
final class ConfigOptions {
  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      description = "A recipe to start from; 'simclr recipes' lists them.")
  private Optional<String> recipe = Optional.empty();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A YAML file with settings, laid over the recipe.")
  private Optional<Path> file = Optional.empty();

  @Parameters(
      arity = "0..*",
      paramLabel = "KEY=VALUE",
      description = "Single settings, laid over both, such as train.epochs=5.")
  private List<String> overrides = List.of();

  Optional<String> recipe() {
    return recipe;
  }

  /** Whether nothing was given. */
  boolean isEmpty() {
    return recipe.isEmpty() && file.isEmpty() && overrides.isEmpty();
  }

  /** Resolves the layers. */
  PretrainConfig resolve() {
    return ConfigLoader.resolve(recipe, file, overrides);
  }

  /** Resolves the layers with a recipe to start from if none was given. */
  PretrainConfig resolveFrom(String defaultRecipe) {
    return ConfigLoader.resolve(recipe.or(() -> Optional.of(defaultRecipe)), file, overrides);
  }

  /** Resolves file and overrides over the configuration of a run. */
  PretrainConfig resolveOver(Path savedConfig) {
    if (recipe.isPresent()) {
      throw new ConfigException("--recipe has no place here: the run has a configuration");
    }
    return ConfigLoader.resolveOver(savedConfig, file, overrides);
  }
}
