package dev.simclr.torch;

import java.util.Objects;

/**
 * A failure of the native library. The message names the native function and the shapes of its
 * tensors, and says what libtorch said.
 */
public final class TorchException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What went wrong, as far as a program can act on it. */
  public enum Kind {
    /** An argument is out of range or of the wrong kind. */
    INVALID_ARGUMENT,
    /** Host or device memory did not suffice. */
    OUT_OF_MEMORY,
    /** Shapes do not fit together. */
    SHAPE,
    /** A device is absent or failed, or tensors live on different devices. */
    DEVICE,
    /** This build or this libtorch cannot do it, for example CUDA without a CUDA libtorch. */
    UNSUPPORTED,
    /** No operator has that name and overload. */
    NOT_FOUND,
    /** The native libraries cannot be found or loaded, or do not fit each other. */
    LIBRARY,
    /** Anything else that libtorch reports. */
    OTHER
  }

  private final Kind kind;

  /** Creates an exception of this kind. */
  public TorchException(Kind kind, String message) {
    super(message);
    this.kind = Objects.requireNonNull(kind, "kind");
  }

  /** Creates an exception of this kind with a cause. */
  public TorchException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = Objects.requireNonNull(kind, "kind");
  }

  /** Returns what went wrong. */
  public Kind kind() {
    return kind;
  }
}
