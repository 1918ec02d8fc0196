package dev.simclr.data;

/** A pack file cannot be used and is to be built anew. The message says why, without its name. */
final class InvalidPackException extends Exception {
  private static final long serialVersionUID = 1L;

  InvalidPackException(String reason) {
    super(reason);
  }

  InvalidPackException(String reason, Throwable cause) {
    super(reason, cause);
  }
}
