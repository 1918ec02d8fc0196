package dev.simclr.cli;

import java.awt.AWTError;
import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.util.Optional;

/** What text in pictures is drawn with; a Java for servers may come without it. */
final class Fonts {
  private static final Optional<String> MISSING = measure();

  private Fonts() {}

  /** Returns why text cannot be drawn in this process, if it cannot. */
  static Optional<String> missing() {
    return MISSING;
  }

  private static Optional<String> measure() {
    try {
      new Font(Font.SANS_SERIF, Font.PLAIN, 12)
          .getStringBounds("0", new FontRenderContext(null, false, false));
      return Optional.empty();
    } catch (RuntimeException | LinkageError | InternalError | AWTError e) {
      // Java fails with one or another of these, depending on what it does not find.
      return Optional.of(e.toString());
    }
  }
}
