package dev.simclr.data;

import java.util.Objects;

/**
 * An image that was left out.
 *
 * @param name its name in the data set, such as the path relative to the root
 * @param reason what is wrong with it, in a few words
 */
public record BadImage(String name, String reason) {
  /** Checks that nothing is null. */
  public BadImage {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(reason, "reason");
  }
}
