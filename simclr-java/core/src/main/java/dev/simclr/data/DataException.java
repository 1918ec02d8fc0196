package dev.simclr.data;

/** The data cannot be used. The message is one line that names the file or folder and says why. */
public class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception with a message that names the file or folder. */
  public DataException(String message) {
    super(message);
  }

  /** Creates the exception with a message that names the file or folder, and the cause. */
  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
