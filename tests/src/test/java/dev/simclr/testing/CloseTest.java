package dev.simclr.testing;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.opentest4j.AssertionFailedError;

final class CloseTest {

  private static void check(double[] expected, double... actual) {
    Close.assertClose(expected, actual, 0.01, 0.1, "values");
  }

  @Test
  void acceptsWhatIsWithinTheTolerance() {
    check(new double[] {0, 10, -10}, 0.009, 11, -11);
    check(
        new double[] {Double.NaN, Double.POSITIVE_INFINITY}, Double.NaN, Double.POSITIVE_INFINITY);
  }

  @Test
  void namesTheWorstElementAndBothValues() {
    var e =
        assertThrows(
            AssertionFailedError.class, () -> check(new double[] {1, 1, 1, 1}, 1, 1.2, 3, 1.3));
    assertTrue(e.getMessage().contains("3 of 4"), e.getMessage());
    assertTrue(e.getMessage().contains("[2]: expected 1.0, got 3.0"), e.getMessage());
  }

  @Test
  void refusesWhatIsNotANumber() {
    assertThrows(AssertionFailedError.class, () -> check(new double[] {1}, Double.NaN));
    assertThrows(AssertionFailedError.class, () -> check(new double[] {Double.NaN}, 1));
    assertThrows(
        AssertionFailedError.class, () -> check(new double[] {1}, Double.POSITIVE_INFINITY));
    assertThrows(
        AssertionFailedError.class, () -> check(new double[] {Double.POSITIVE_INFINITY}, 1));
    assertThrows(AssertionFailedError.class, () -> check(new double[] {1}));
  }
}
