package dev.simclr.train;

/** The estimated peak of a run exceeds the memory available, so the run was not started. */
public final class InsufficientMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long neededBytes;
  private final long availableBytes;

  InsufficientMemoryException(String message, long neededBytes, long availableBytes) {
    super(message);
    this.neededBytes = neededBytes;
    this.availableBytes = availableBytes;
  }

  /** Returns the estimated peak in bytes. */
  public long neededBytes() {
    return neededBytes;
  }

  /** Returns the memory that was available, in bytes. */
  public long availableBytes() {
    return availableBytes;
  }
}
