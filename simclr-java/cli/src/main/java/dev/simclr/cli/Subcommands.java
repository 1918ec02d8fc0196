package dev.simclr.cli;

import dev.simclr.torch.Torch;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;

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
  SWEEP("sweep", true, SweepCommand::new),
  COMPARE("compare", false, CompareCommand::new),
  RECIPES("recipes", false, RecipesCommand::new),
  DOCTOR("doctor", true, DoctorCommand::new);

  /** Answered without libtorch. */
  private static final Set<String> ANSWERED_AT_ONCE =
      Set.of("--help", "-h", "--version", "-V", "--dry-run");

  private final String label;
  private final boolean computes;
  private final Supplier<Object> command;

  Subcommands(String label, boolean computes, Supplier<Object> command) {
    this.label = label;
    this.computes = computes;
    this.command = command;
  }

  /**
   * Adds the command that the arguments name, whose libraries are loaded while it reads its
   * configuration, or all commands if they name none. picocli takes longer to read the options of
   * all commands than the JVM takes to start.
   */
  static void add(CommandLine line, String... args) {
    for (Subcommands each : values()) {
      if (args.length > 0 && each.label.equals(args[0])) {
        if (each.computes && ANSWERED_AT_ONCE.stream().noneMatch(List.of(args)::contains)) {
          Torch.preload();
        }
        each.add(line);
        return;
      }
    }
    for (Subcommands each : values()) {
      each.add(line);
    }
  }

  private void add(CommandLine line) {
    line.addSubcommand(label, command.get());
    // Or each command would answer --version with nothing.
    line.getSubcommands().get(label).getCommandSpec().versionProvider(new VersionReport());
  }
}
