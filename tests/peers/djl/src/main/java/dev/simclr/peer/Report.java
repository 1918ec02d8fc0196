package dev.simclr.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What a benchmark tells tests/benchmarks/compare.py beside its times, as
 * dev.simclr.benchmark.Report does: conditions in its process, and a result.
 */
final class Report {
  private Report() {}

  /**
   * Writes it into the file that the system property simclr.benchmark.report names, if it is set.
   *
   * @param dtype of the tensors that are computed with
   * @param threads of an operator
   * @param exact whether a product of float32 matrices keeps what TF32 would round away
   * @param libtorch version
   * @param weight of the regression after two steps
   */
  static void write(String dtype, int threads, boolean exact, String libtorch, double weight) {
    String file = System.getProperty("simclr.benchmark.report");
    if (file == null) {
      return;
    }
    String facts =
        String.format(
            Locale.ROOT,
            "{\"dtype\": \"%s\", \"device\": \"cpu\", \"threads\": %d, \"tf32\": \"%s\","
                + " \"libtorch\": \"%s\"}",
            dtype,
            threads,
            exact ? "off" : "on",
            libtorch);
    String results = "{\"weight after two steps\": " + weight + "}";
    try {
      Files.writeString(Path.of(file), "{\"facts\": " + facts + ", \"results\": " + results + "}");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
