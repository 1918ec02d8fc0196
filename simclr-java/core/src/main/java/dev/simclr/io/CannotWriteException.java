package dev.simclr.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A file or directory could not be written: no space, no permission, a missing or read-only parent.
 * The message is one line that names the path and the operating system's reason. Nothing that was
 * on disk before is lost.
 */
public final class CannotWriteException extends UncheckedIOException {
  private static final long serialVersionUID = 1L;

  private final transient Path path;

  /**
   * Creates the exception.
   *
   * @param path what could not be written
   * @param cause the operating system's refusal
   */
  public CannotWriteException(Path path, IOException cause) {
    super("cannot write " + path + ": " + reason(path, cause), cause);
    this.path = Objects.requireNonNull(path, "path");
  }

  /** What could not be written. */
  public Path path() {
    return path;
  }

  // FileSystemException puts the file name first, and often the name alone: the name of a temporary
  // file tells the user nothing, so only the reason is taken.
  private static String reason(Path path, IOException cause) {
    if (cause instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (cause instanceof NoSuchFileException) {
      return "no such directory: " + path.toAbsolutePath().getParent();
    }
    if (cause instanceof FileSystemException refused && refused.getReason() != null) {
      return refused.getReason();
    }
    String message = cause.getMessage();
    return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
  }
}
