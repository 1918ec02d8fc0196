package dev.simclr.cli;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Lists the recipes, or prints one. */
@Command(
    name = "recipes",
    description = {
      "Lists the recipes, or prints one.",
      "A recipe is a YAML file of settings, and a start for one of your own (--config FILE)."
    },
    mixinStandardHelpOptions = true)
final class RecipesCommand implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "NAME", description = "The recipe to print.")
  private Optional<String> name = Optional.empty();

  @Override
  public Integer call() {
    if (name.isPresent()) {
      System.out.print(Recipes.text(name.get()));
    } else {
      print(Recipes.NAMES);
      System.out.println();
      System.out.println("simclr recipes NAME prints one, simclr pretrain --recipe NAME runs it");
      System.out.println();
      print(Recipes.OF_EVALUATION);
      System.out.println();
      System.out.println(
          "simclr linear RUN --recipe linear-v1, and likewise finetune; supervised needs no RUN");
    }
    return ExitCode.OK.code();
  }

  private static void print(List<String> names) {
    names.forEach(n -> System.out.printf("%-20s %s%n", n, Recipes.description(n)));
  }
}
