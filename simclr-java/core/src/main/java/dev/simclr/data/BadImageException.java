package dev.simclr.data;

/**
 * One image cannot be used. What follows is decided by the {@link BadImagePolicy}, so this
 * exception is checked and never leaves the building of a data set. The message gives the reason
 * without the name of the image.
 */
public final class BadImageException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Creates the exception with a reason such as {@code "truncated after 120 bytes"}. */
  public BadImageException(String reason) {
    super(reason);
  }

  /** Creates the exception with the decoder's complaint as the cause. */
  public BadImageException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
