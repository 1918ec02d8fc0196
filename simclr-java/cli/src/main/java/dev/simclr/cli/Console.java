package dev.simclr.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the command line prints: lines that stay, and one status line that is rewritten in place on
 * a terminal and left out elsewhere. All lines also go to the run's log.
 */
final class Console {
  private static final String ERASE_LINE = "\r\u001b[K";

  private final PrintStream out;
  private final boolean terminal;
  private final boolean quiet;
  private Optional<PrintWriter> log = Optional.empty();
  // A run chooses its device and packs its images before its folder, and so its log, is there.
  private final List<String> early = new ArrayList<>();
  private boolean statusShown;

  Console(PrintStream out, boolean terminal, boolean quiet) {
    this.out = out;
    this.terminal = terminal;
    this.quiet = quiet;
  }

  /** A console on standard output; a dumb or missing terminal gets plain lines. */
  static Console standard(boolean quiet) {
    java.io.Console attached = System.console();
    boolean terminal =
        attached != null && attached.isTerminal() && !"dumb".equals(System.getenv("TERM"));
    return new Console(System.out, terminal, quiet);
  }

  /** Whether a status line can be rewritten in place. */
  boolean terminal() {
    return terminal;
  }

  /** Copies all lines to a log, those before included. */
  synchronized void attach(PrintWriter writer) {
    early.forEach(writer::println);
    writer.flush();
    early.clear();
    log = Optional.of(writer);
  }

  /** Prints a line. */
  synchronized void line(String text) {
    log.ifPresentOrElse(
        writer -> {
          writer.println(text);
          writer.flush();
        },
        () -> early.add(text));
    if (!quiet) {
      clearStatus();
      out.println(text);
      out.flush();
    }
  }

  /** Prints a line with a name in the first column. */
  void fact(String name, String value) {
    line(String.format("%-12s %s", name, value));
  }

  /** Shows what goes on now, on a terminal only. */
  synchronized void status(String text) {
    if (terminal && !quiet) {
      out.print(ERASE_LINE + text);
      out.flush();
      statusShown = true;
    }
  }

  private void clearStatus() {
    if (statusShown) {
      out.print(ERASE_LINE);
      statusShown = false;
    }
  }
}
