package dev.simclr.cli;

import dev.simclr.train.PretrainConfig;
import java.util.List;
import java.util.Optional;

/** The configurations that benchmarks use, written as users write them. */
public final class Settings {
  private Settings() {}

  /**
   * Resolves settings over the defaults.
   *
   * @param settings each {@code section.key=value}
   * @throws RuntimeException naming the key, what was found and what is allowed
   */
  public static PretrainConfig resolve(List<String> settings) {
    return ConfigLoader.resolve(Optional.empty(), Optional.empty(), settings);
  }
}
