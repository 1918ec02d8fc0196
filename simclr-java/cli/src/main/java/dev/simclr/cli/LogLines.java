package dev.simclr.cli;

import java.util.Locale;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** While open, what the library logs at INFO and above is printed like everything else. */
final class LogLines extends Handler implements AutoCloseable {
  private final Console console;
  private final SimpleFormatter formatter = new SimpleFormatter();

  private LogLines(Console console) {
    this.console = console;
  }

  static LogLines install(Console console) {
    LogManager.getLogManager().reset();
    LogLines handler = new LogLines(console);
    Logger.getLogger("").addHandler(handler);
    return handler;
  }

  @Override
  public void publish(LogRecord entry) {
    if (entry.getLevel().intValue() < Level.INFO.intValue()) {
      return;
    }
    String text = formatter.formatMessage(entry);
    boolean plain = entry.getLevel().intValue() <= Level.INFO.intValue();
    console.line(plain ? text : entry.getLevel().getName().toLowerCase(Locale.ROOT) + ": " + text);
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    Logger.getLogger("").removeHandler(this);
  }
}
