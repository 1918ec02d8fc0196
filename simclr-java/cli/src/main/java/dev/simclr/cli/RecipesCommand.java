package dev.simclr.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Lists the recipes, or prints one. */
@Command(
    name = "recipes",
    description = "Lists the recipes, or prints one as YAML, a start for a file of your own.",
    mixinStandardHelpOptions = true)
final class RecipesCommand implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "NAME", description = "The recipe to print.")
  private Optional<String> name = Optional.empty();

  @Override
  public Integer call() {
    if (name.isPresent()) {
      System.out.print(Recipes.text(name.get()));
    } else {
      Recipes.NAMES.forEach(n -> System.out.printf("%-20s %s%n", n, Recipes.description(n)));
    }
    return ExitCode.OK.code();
  }
}
