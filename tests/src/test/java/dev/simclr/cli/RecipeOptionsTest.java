package dev.simclr.cli;

import static dev.simclr.cli.CliRunner.simclr;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.cli.CliRunner.Outcome;
import dev.simclr.testing.TinyFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.JsonNode;

/** The recipes of linear and finetune: what they expand to, and each of them run. */
@Timeout(180)
final class RecipeOptionsTest {
  static final List<String> RECIPES = Recipes.OF_EVALUATION;

  @TempDir static Path shared;
  @TempDir Path directory;
  private static Path data;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    data = TinyFolder.write(shared.resolve("images"), 40, 12);
    run = shared.resolve("run");
    List<String> pretrain = List.of("pretrain", "--out", run.toString());
    Object[] arguments =
        TinyFolder.arguments(pretrain, TinyFolder.data(data), TinyFolder.training());
    assertEquals(0, simclr(arguments).code());
  }

  @Test
  void aRecipeIsItsOptionsBeforeThoseOfTheUser() {
    assertArrayEquals(
        new String[] {
          "linear", "--method=sgd", "--epochs=90", "--lr=0.1", "runs/a", "--batch", "256"
        },
        RecipeOptions.expand("linear", "runs/a", "--recipe", "linear-v1", "--batch", "256"));
    List<String> supervised =
        Arrays.asList(RecipeOptions.expand("finetune", "--recipe=supervised", "model.width=0.25"));
    assertTrue(supervised.contains("--from-scratch"), supervised.toString());
    assertTrue(
        supervised.indexOf("model.width=1.0") < supervised.indexOf("model.width=0.25"),
        "settings of the user come last: " + supervised);
  }

  @Test
  void otherCommandLinesStayAsTheyAre() {
    for (String[] args :
        new String[][] {
          {},
          {"finetune"},
          {"finetune", "--recipe"},
          {"finetune", "--from-scratch", "--recipe", "cifar10-slim"},
          {"pretrain", "--recipe", "supervised"}
        }) {
      assertSame(args, RecipeOptions.expand(args));
    }
  }

  @Test
  void aRecipeOfAnotherCommandIsRefused() {
    assertEquals(
        "recipe linear-v1 is one of simclr linear",
        assertThrows(
                ConfigException.class,
                () -> RecipeOptions.expand("finetune", "run", "--recipe", "linear-v1"))
            .getMessage());
    simclr("finetune", run, "--recipe", "linear-v1")
        .assertFailed(2, "recipe linear-v1 is one of simclr linear");
    simclr("pretrain", "--recipe", "supervised", "--out", directory.resolve("run"))
        .assertFailed(2, "recipe supervised is one of simclr finetune");
  }

  @ParameterizedTest
  @FieldSource("RECIPES")
  void eachRecipeRuns(String recipe) {
    Path out = directory.resolve("result");
    String command = RecipeOptions.command(recipe).orElseThrow();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                command,
                "--recipe",
                recipe,
                "--out",
                out.toString(),
                "--json",
                "--epochs",
                "1",
                "--batch",
                "8"));
    if (recipe.equals("supervised")) {
      arguments.addAll(
          List.of(
              "data.source=folder",
              "data.root=" + data,
              "data.cache=" + directory,
              "model.width=0.0625",
              "train.threads=1",
              "train.precision=float32"));
    } else {
      arguments.add(run.toString());
    }
    if (recipe.startsWith("finetune")) {
      // The share of the recipe is less than an image of each class here.
      arguments.addAll(List.of("--labels", "10"));
    }
    Outcome outcome = simclr(arguments.toArray());
    JsonNode result = outcome.json();
    assertEquals(1, result.get("epochs").intValue(), "what is given wins over the recipe");
    assertTrue(result.get("top1").doubleValue() >= 0, outcome.out());
    if (recipe.endsWith("-v2") && command.equals("finetune")) {
      assertEquals("lars", result.get("optimizer").asString());
    }
  }
}
