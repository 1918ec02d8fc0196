package dev.simclr.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Pretrains an encoder. */
@Command(
    name = "pretrain",
    description = "Pretrains an encoder without labels, and evaluates it if there are labels.",
    mixinStandardHelpOptions = true)
final class PretrainCommand implements Callable<Integer> {
  @Mixin private RunOptions run = new RunOptions();
  @Mixin private ConfigOptions config = new ConfigOptions();

  @Override
  public Integer call() {
    if (config.isEmpty() && !run.resume) {
      throw new ConfigException(
          "give --recipe NAME, --config FILE or KEY=VALUE settings ('simclr recipes' lists the"
              + " recipes)");
    }
    String name = config.recipe().orElse("pretrain");
    return Pretraining.run(run, name, config, config::resolve).code();
  }
}
