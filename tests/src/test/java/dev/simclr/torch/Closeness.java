package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

/** Comparison of arrays within atol + rtol x |expected|. */
public final class Closeness {

  private Closeness() {}

  /** Fails, naming the worst index and both values, unless all elements are close. */
  public static void assertClose(double[] expected, double[] actual, double atol, double rtol) {
    assertEquals(expected.length, actual.length, "length");
    int worst = -1;
    double worstExcess = 0;
    for (int i = 0; i < expected.length; i++) {
      double excess = Math.abs(actual[i] - expected[i]) - (atol + rtol * Math.abs(expected[i]));
      // Written so that a NaN counts as far away.
      if (!(excess <= worstExcess)) {
        worst = i;
        worstExcess = Double.isNaN(excess) ? Double.MAX_VALUE : excess;
      }
    }
    if (worst >= 0) {
      fail(
          "index %d: expected %s, was %s (atol %s, rtol %s)"
              .formatted(worst, expected[worst], actual[worst], atol, rtol));
    }
  }

  /** Compares with a tensor's elements, row-major, at the precision of FLOAT32. */
  public static void assertClose(double[] expected, Tensor actual) {
    assertClose(expected, actual.toDoubleArray(), 1e-6, 1e-5);
  }
}
