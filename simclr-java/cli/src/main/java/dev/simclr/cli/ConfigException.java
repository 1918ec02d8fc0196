package dev.simclr.cli;

/** A configuration that cannot be used; the message is one line for the user (exit code 2). */
final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ConfigException(String message) {
    super(message);
  }

  ConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}
