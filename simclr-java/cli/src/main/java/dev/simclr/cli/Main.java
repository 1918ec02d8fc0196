package dev.simclr.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The command line's entry point. */
@Command(
    name = "simclr",
    description = "Contrastive learning of visual representations (SimCLR) on libtorch.",
    mixinStandardHelpOptions = true,
    versionProvider = VersionReport.class,
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0   done",
      "  1   unexpected failure, a fault of the program",
      "  2   usage or configuration",
      "  3   data or checkpoint missing, damaged or unsuitable",
      "  4   native library or libtorch missing, unfit, or failing",
      "  5   out of memory",
      "  6   the loss is not finite",
      "  7   a file cannot be written",
      "  75  stopped on request; pretrain goes on with --resume"
    })
public final class Main {
  private static final Pattern CONSTANTS =
      Pattern.compile(
          "(Invalid value for .*: )expected one of \\[(.*)] \\(case-insensitive\\) but was (.*)");

  private Main() {}

  /**
   * Runs the command line and exits with a documented code.
   *
   * @param args the arguments
   */
  public static void main(String[] args) {
    // Pictures go to files; a display that DISPLAY names, but is not there, must not matter.
    System.setProperty("java.awt.headless", "true");
    System.exit(run(new PrintWriter(System.err, true), args));
  }

  /** Runs the command line and returns the exit code. */
  static int run(PrintWriter err, String... args) {
    Subcommands.preload(args);
    CommandLine commandLine = new CommandLine(new Main());
    // First: what is set below is handed on to the commands that are there.
    Subcommands.add(commandLine, args);
    commandLine.setErr(err);
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setParameterExceptionHandler(new UsageHandler());
    commandLine.setExecutionExceptionHandler(new FailureHandler());
    if (args.length == 0) {
      commandLine.usage(System.out);
      return ExitCode.USAGE.code();
    }
    try {
      return commandLine.execute(RecipeOptions.expand(args));
    } catch (ConfigException e) {
      // Of the recipe; what commands throw goes to the handler above.
      return failed(e, commandLine);
    } catch (Error e) {
      // picocli hands exceptions to the handler above, but not errors.
      return failed(e, running(commandLine));
    }
  }

  private static final class UsageHandler implements CommandLine.IParameterExceptionHandler {
    @Override
    public int handleParseException(ParameterException e, String[] args) {
      return usage(e);
    }
  }

  private static final class FailureHandler implements CommandLine.IExecutionExceptionHandler {
    @Override
    public int handleExecutionException(Exception e, CommandLine line, ParseResult parsed) {
      return failed(e, line);
    }
  }

  /** The command that the arguments named. */
  private static CommandLine running(CommandLine commandLine) {
    ParseResult parsed = commandLine.getParseResult();
    return parsed != null && parsed.hasSubcommand()
        ? parsed.subcommand().commandSpec().commandLine()
        : commandLine;
  }

  private static int usage(ParameterException e) {
    CommandLine line = e.getCommandLine();
    Optional<String> near = nearestOption(e);
    line.getErr()
        .println(
            "simclr: "
                + constants(Failures.firstLine(e.getMessage()))
                + near.map(name -> "; did you mean " + name + "?").orElse("")
                + " (see "
                + line.getCommandSpec().qualifiedName()
                + " --help)");
    return ExitCode.USAGE.code();
  }

  /** What picocli says of an unknown constant, with the names as --help writes them. */
  private static String constants(String message) {
    Matcher matcher = CONSTANTS.matcher(message);
    return matcher.matches()
        ? matcher.group(1)
            + matcher.group(3)
            + "; allowed: "
            + matcher.group(2).toLowerCase(Locale.ROOT)
        : message;
  }

  private static Optional<String> nearestOption(ParameterException e) {
    if (e instanceof CommandLine.UnmatchedArgumentException unmatched
        && !unmatched.getUnmatched().isEmpty()) {
      var spec = e.getCommandLine().getCommandSpec();
      String wrong = unmatched.getUnmatched().getFirst();
      return NearestName.of(
          wrong, wrong.startsWith("-") ? spec.optionsMap().keySet() : spec.subcommands().keySet());
    }
    return Optional.empty();
  }

  private static int failed(Throwable e, CommandLine line) {
    ExitCode code = Failures.code(e);
    if (code == ExitCode.UNEXPECTED) {
      line.getErr().println("simclr: unexpected failure; please report it with what follows");
      e.printStackTrace(line.getErr());
    } else {
      line.getErr().println("simclr: " + Failures.message(e, line.getCommandName()));
    }
    return code.code();
  }
}
