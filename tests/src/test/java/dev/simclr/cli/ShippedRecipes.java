package dev.simclr.cli;

import dev.simclr.train.PretrainConfig;
import java.util.List;
import java.util.Optional;

/** The recipes in the jar, for tests of other packages. */
public final class ShippedRecipes {
  private ShippedRecipes() {}

  /** The names of all recipes. */
  public static List<String> names() {
    return Recipes.NAMES;
  }

  /** Resolves a recipe as {@code simclr pretrain --recipe NAME KEY=VALUE ...} does. */
  public static PretrainConfig resolve(String name, String... overrides) {
    return ConfigLoader.resolve(Optional.of(name), Optional.empty(), List.of(overrides));
  }
}
