package dev.simclr.cli;

import dev.simclr.torch.Torch;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
  SWEEP("sweep", false, SweepCommand::new),
  COMPARE("compare", false, CompareCommand::new),
  RECIPES("recipes", false, RecipesCommand::new),
  DOCTOR("doctor", true, DoctorCommand::new);

  private static final Set<String> HELP = Set.of("--help", "-h", "--version", "-V");

  private final String label;
  private final boolean computes;
  private final Supplier<Object> command;

  Subcommands(String label, boolean computes, Supplier<Object> command) {
    this.label = label;
    this.computes = computes;
    this.command = command;
  }

  /** Has libtorch loaded from now on, if the arguments name a command that computes. */
  static void preload(String... args) {
    if (named(args).filter(command -> command.computes).isPresent()
        && Arrays.stream(args).noneMatch(HELP::contains)) {
      NativeMethods.link();
      Torch.preload();
    }
  }

  /**
   * Adds the command that the arguments name, or all commands if they name none: picocli takes
   * longer to read the options of all of them than the JVM takes to start.
   */
  static void add(CommandLine line, String... args) {
    List<Subcommands> commands = named(args).map(List::of).orElseGet(() -> List.of(values()));
    // Not forEach: classes of lambdas that hold picocli's types are not in the start cache.
    for (Subcommands command : commands) {
      command.add(line);
    }
  }

  private static Optional<Subcommands> named(String... args) {
    return Arrays.stream(values())
        .filter(command -> args.length > 0 && command.label.equals(args[0]))
        .findFirst();
  }

  private void add(CommandLine line) {
    line.addSubcommand(label, command.get());
    // Or each command would answer --version with nothing.
    line.getSubcommands().get(label).getCommandSpec().versionProvider(new VersionReport());
  }
}
