package dev.simclr.torch;

import java.util.Objects;

/** A JPEG file cannot be decoded. The message is libjpeg's, in one line. */
public final class JpegException extends Exception {

  private static final long serialVersionUID = 1L;

  /** What is wrong with the file. */
  public enum Kind {
    /** It contradicts the format, or pixels are missing in its middle. */
    CORRUPT,
    /** It ends too early. */
    TRUNCATED,
    /** It is of a kind that is not read: arithmetic-coded, lossless, or not of 8-bit samples. */
    UNSUPPORTED
  }

  private final Kind kind;

  /** Creates an exception of this kind. */
  public JpegException(Kind kind, String message) {
    super(message);
    this.kind = Objects.requireNonNull(kind, "kind");
  }

  /** Returns what is wrong. */
  public Kind kind() {
    return kind;
  }
}
