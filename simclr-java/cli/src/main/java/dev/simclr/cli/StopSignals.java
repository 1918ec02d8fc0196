package dev.simclr.cli;

import dev.simclr.train.StopToken;
import java.util.List;
import java.util.stream.Stream;

/**
 * While open, SIGTERM, SIGINT and SIGHUP ask the run to stop at the next step; a second one ends
 * the process at once with 128 + the signal's number. Closing restores the handlers.
 */
final class StopSignals implements AutoCloseable {
  private final List<Runnable> restore;

  private StopSignals(List<Runnable> restore) {
    this.restore = restore;
  }

  static StopSignals install(StopToken token, Console console) {
    return new StopSignals(
        Stream.of("TERM", "INT", "HUP")
            .map(name -> Signals.handle(name, (n, number) -> received(n, number, token, console)))
            .toList());
  }

  private static void received(String name, int number, StopToken token, Console console) {
    if (token.isRequested()) {
      Runtime.getRuntime().halt(128 + number);
    }
    token.request();
    console.line("SIG" + name + ": finishing the step and saving; once more to exit at once");
  }

  @Override
  public void close() {
    restore.forEach(Runnable::run);
  }
}
