package dev.simclr.checkpoint;

import dev.simclr.data.DataException;

/**
 * Reports a saved file that cannot be used: malformed, truncated, altered, or made for another
 * model. The message names the file and what is wrong with it.
 */
public final class CheckpointException extends DataException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates an exception.
   *
   * @param message what is wrong, naming the file
   */
  public CheckpointException(String message) {
    super(message);
  }

  /**
   * Creates an exception with a cause.
   *
   * @param message what is wrong, naming the file
   * @param cause the failure underneath
   */
  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
