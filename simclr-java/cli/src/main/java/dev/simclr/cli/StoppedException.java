package dev.simclr.cli;

/** Ends a command that was asked to stop before it had a result. */
final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception; {@code steps} are finished. */
  StoppedException(long steps) {
    super("stopped after step " + steps + "; nothing was written");
  }
}
