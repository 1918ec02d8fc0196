package dev.simclr.cli;

import dev.simclr.train.PretrainConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The layers of a configuration, as options that commands share. */
final class ConfigOptions {
  @Mixin private ConfigSources sources = new ConfigSources();

  @Parameters(
      arity = "0..*",
      paramLabel = "KEY=VALUE",
      description = "Single settings such as train.epochs=5, laid over both.")
  private List<String> overrides = List.of();

  Optional<String> recipe() {
    return sources.recipe;
  }

  /** Whether nothing was given. */
  boolean isEmpty() {
    return sources.recipe.isEmpty() && sources.file.isEmpty() && overrides.isEmpty();
  }

  /** Resolves the layers. */
  PretrainConfig resolve() {
    return ConfigLoader.resolve(sources.recipe, sources.file, overrides);
  }

  /** Resolves the layers with a recipe to start from if none was given. */
  PretrainConfig resolveFrom(String defaultRecipe) {
    return ConfigLoader.resolve(
        sources.recipe.or(() -> Optional.of(defaultRecipe)), sources.file, overrides);
  }

  /** Resolves file and overrides, but no recipe, over the configuration of a run. */
  PretrainConfig resolveOver(Path savedConfig) {
    return ConfigLoader.resolveOver(savedConfig, sources.file, overrides);
  }
}
