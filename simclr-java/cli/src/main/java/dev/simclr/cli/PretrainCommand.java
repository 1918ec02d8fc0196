package dev.simclr.cli;

import dev.simclr.train.PretrainConfig;
import dev.simclr.train.RunPlan;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Pretrains an encoder. */
@Command(
    name = "pretrain",
    description = "Pretrains an encoder without labels, and evaluates it if there are labels.",
    mixinStandardHelpOptions = true)
final class PretrainCommand implements Callable<Integer> {
  @Mixin private RunOptions run = new RunOptions();
  @Mixin private ConfigOptions config = new ConfigOptions();

  @Option(
      names = "--dry-run",
      description =
          "Print the size of the networks, the number of steps, the learning rate and an estimate of"
              + " memory, and stop. No image is read and no file is written.")
  private boolean dryRun;

  @Override
  public Integer call() {
    if (config.isEmpty() && !run.resume) {
      throw new ConfigException(
          "give --recipe NAME, --config FILE or KEY=VALUE settings ('simclr recipes' lists the"
              + " recipes)");
    }
    if (dryRun) {
      if (run.resume) {
        throw new ConfigException("--dry-run and --resume exclude each other");
      }
      Console console = Console.standard(run.quiet);
      try (var _ = LogLines.install(console)) {
        PretrainConfig resolved = config.resolve();
        DryRun.print(console, resolved, RunPlan.of(resolved));
      }
      return ExitCode.OK.code();
    }
    String name = config.recipe().orElse("pretrain");
    return Pretraining.run(run, name, config, config::resolve).code();
  }
}
