package dev.simclr.cli;

import dev.simclr.data.DataException;
import dev.simclr.io.CannotWriteException;
import dev.simclr.torch.TorchException;
import dev.simclr.train.InsufficientMemoryException;
import dev.simclr.train.NonFiniteLossException;

/** Which exit code a failure has; every foreseeable one is a single line on standard error. */
final class Failures {
  private Failures() {}

  /** The exit code of a failure. */
  static ExitCode code(Throwable failure) {
    return switch (failure) {
      case ConfigException e -> ExitCode.USAGE;
      case StoppedException e -> ExitCode.STOPPED;
      case IllegalArgumentException e -> ExitCode.USAGE;
      case DataException e -> ExitCode.DATA;
      case CannotWriteException e -> ExitCode.CANNOT_WRITE;
      case NonFiniteLossException e -> ExitCode.NOT_FINITE;
      case InsufficientMemoryException e -> ExitCode.OUT_OF_MEMORY;
      case OutOfMemoryError e -> ExitCode.OUT_OF_MEMORY;
      case TorchException e when e.kind() == TorchException.Kind.OUT_OF_MEMORY ->
          ExitCode.OUT_OF_MEMORY;
      case TorchException e -> ExitCode.NATIVE;
      case LinkageError e -> ExitCode.NATIVE;
      default -> ExitCode.UNEXPECTED;
    };
  }

  /**
   * The one line that the user reads.
   *
   * @param command the name of the command that failed, whose own setting the advice names
   */
  static String message(Throwable failure, String command) {
    String message = failure.getMessage();
    if (failure instanceof OutOfMemoryError) {
      return "out of memory ("
          + message
          + "); "
          + smallerBatch(command)
          + "give the JVM more with"
          + " -Xmx";
    }
    return message == null || message.isBlank() ? failure.toString() : firstLine(message);
  }

  private static String smallerBatch(String command) {
    return switch (command) {
      case "quickstart", "pretrain" -> "lower train.batch or ";
      case "finetune", "predict" -> "lower --batch or ";
      case "knn", "linear", "embed" -> "lower eval.batch or ";
      default -> "";
    };
  }

  /** The first line of a text that has one. */
  static String firstLine(String text) {
    return text.lines().findFirst().orElse(text);
  }
}
