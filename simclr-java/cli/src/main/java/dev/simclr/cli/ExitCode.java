package dev.simclr.cli;

/** The documented exit codes of the command line. */
enum ExitCode {
  /** Done. */
  OK(0),
  /** A failure that is a fault of the program. */
  UNEXPECTED(1),
  /** Usage or configuration. */
  USAGE(2),
  /** Data missing, damaged or unsuitable. */
  DATA(3),
  /** The native library or libtorch is missing, does not fit, or failed. */
  NATIVE(4),
  /** Host or device memory exhausted. */
  OUT_OF_MEMORY(5),
  /** The loss is not finite. */
  NOT_FINITE(6),
  /** A file cannot be written. */
  CANNOT_WRITE(7),
  /**
   * Stopped on request. A pretraining run has written a checkpoint, from which {@code --resume}
   * goes on; others have written nothing.
   */
  STOPPED(75);

  private final int code;

  ExitCode(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
