package dev.simclr.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

/**
 * Compares arrays with a tolerance {@code atol + rtol |expected|} per element; a failure names the
 * worst element and both values.
 */
public final class Close {

  private Close() {}

  /** Requires |actual - expected| <= atol + rtol |expected| of every element. */
  public static void assertClose(
      double[] expected, double[] actual, double atol, double rtol, String what) {
    assertEquals(expected.length, actual.length, what + ": number of elements");
    int worst = -1;
    int bad = 0;
    double worstExcess = 1;
    for (int i = 0; i < expected.length; i++) {
      double error = Math.abs(actual[i] - expected[i]);
      double excess = error / (atol + rtol * Math.abs(expected[i]));
      // Not a number fails, and so does an infinity that is not expected.
      boolean within =
          Double.compare(actual[i], expected[i]) == 0 || (Double.isFinite(error) && excess <= 1);
      if (!within) {
        bad++;
        if (worst < 0 || !(excess <= worstExcess)) {
          worst = i;
          worstExcess = excess;
        }
      }
    }
    if (worst >= 0) {
      fail(
          "%s: %d of %d elements differ; worst at [%d]: expected %s, got %s, %.3g times the tolerance (atol %s, rtol %s)"
              .formatted(
                  what,
                  bad,
                  expected.length,
                  worst,
                  expected[worst],
                  actual[worst],
                  worstExcess,
                  atol,
                  rtol));
    }
  }

  /** Requires |actual - expected| <= atol + rtol |expected|. */
  public static void assertClose(
      double expected, double actual, double atol, double rtol, String what) {
    assertClose(new double[] {expected}, new double[] {actual}, atol, rtol, what);
  }
}
