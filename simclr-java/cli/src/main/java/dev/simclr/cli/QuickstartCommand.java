package dev.simclr.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Pretrains on the embedded data set. */
@Command(
    name = "quickstart",
    description =
        "Pretrains on images that are drawn in code, evaluates, and leaves a run folder: shows in"
            + " about a minute that everything works.",
    mixinStandardHelpOptions = true)
final class QuickstartCommand implements Callable<Integer> {
  private static final String RECIPE = "quickstart";

  @Mixin private RunOptions run = new RunOptions();
  @Mixin private ConfigOptions config = new ConfigOptions();

  @Override
  public Integer call() {
    return Pretraining.run(run, RECIPE, config, () -> config.resolveFrom(RECIPE)).code();
  }
}
