package dev.simclr.cli;

import dev.simclr.torch.Torch;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** The commands of the program. */
enum Subcommands {
  QUICKSTART("quickstart", true, QuickstartCommand::new),
  PRETRAIN("pretrain", true, PretrainCommand::new),
  KNN("knn", true, KnnCommand::new),
  LINEAR("linear", true, LinearCommand::new),
  FINETUNE("finetune", true, FinetuneCommand::new),
  PREDICT("predict", true, PredictCommand::new),
  EMBED("embed", true, EmbedCommand::new),
  VIEWS("views", true, ViewsCommand::new),
  BENCH("bench", true, BenchCommand::new),
  SWEEP("sweep", false, SweepCommand::new),
  COMPARE("compare", false, CompareCommand::new),
  RECIPES("recipes", false, RecipesCommand::new),
  DOCTOR("doctor", true, DoctorCommand::new);

  private final String label;
  private final boolean computes;
  private final Supplier<Object> command;

  Subcommands(String label, boolean computes, Supplier<Object> command) {
    this.label = label;
    this.computes = computes;
    this.command = command;
  }

  /**
   * Adds the command that the arguments name, or all commands if they name none: picocli takes
   * longer to read the options of all of them than the JVM takes to start.
   */
  static void add(CommandLine line, String... args) {
    for (Subcommands each : values()) {
      if (args.length > 0 && each.label.equals(args[0])) {
        each.add(line);
        return;
      }
    }
    for (Subcommands each : values()) {
      each.add(line);
    }
  }

  /** Has libtorch loaded, while the command reads its settings, if it is one that computes. */
  static int execute(ParseResult parsed) {
    if (parsed.hasSubcommand() && computes(parsed.subcommand())) {
      Torch.preload();
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  private static boolean computes(ParseResult parsed) {
    if (parsed.isUsageHelpRequested() || parsed.isVersionHelpRequested()) {
      return false;
    }
    String name = parsed.commandSpec().name();
    for (Subcommands each : values()) {
      if (each.label.equals(name)) {
        return each.computes;
      }
    }
    throw new AssertionError("no command " + name);
  }

  private void add(CommandLine line) {
    line.addSubcommand(label, command.get());
    // Or each command would answer --version with nothing.
    line.getSubcommands().get(label).getCommandSpec().versionProvider(new VersionReport());
  }
}
