package dev.simclr.benchmark;

import java.nio.file.Path;

/** Where the benchmarks find their data: the system property {@value #PROPERTY}. */
public final class BenchmarkData {
  /** The folder that {@link PrepareData} has filled. */
  public static final String PROPERTY = "simclr.benchmark.data";

  private BenchmarkData() {}

  /**
   * The folder.
   *
   * @throws IllegalStateException if the property is not set
   */
  public static Path folder() {
    String folder = System.getProperty(PROPERTY);
    if (folder == null) {
      throw new IllegalStateException(
          "-D" + PROPERTY + " is not set; tests/benchmarks/compare.py prepares it");
    }
    return Path.of(folder);
  }
}
