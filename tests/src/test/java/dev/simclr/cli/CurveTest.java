package dev.simclr.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CurveTest {
  private static double value(int i) {
    return Math.sin(i * 0.7) * 1000 / (1 + i);
  }

  /** The means of all values in groups of one size, the last of which may have fewer. */
  private static List<Double> means(List<Double> all, int group) {
    List<Double> means = new ArrayList<>();
    for (int start = 0; start < all.size(); start += group) {
      List<Double> part = all.subList(start, Math.min(start + group, all.size()));
      means.add(part.stream().mapToDouble(v -> v).sum() / part.size());
    }
    return means;
  }

  private static void assertNear(List<Double> expected, List<Double> actual) {
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      double tolerance = 1e-9 * Math.max(1, Math.abs(expected.get(i)));
      assertEquals(expected.get(i), actual.get(i), tolerance, "point " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 399, 400, 401, 402, 799, 800, 801, 803, 5000, 100_000})
  void pointsAreMeansOfNeighbours(int count) {
    Curve curve = new Curve();
    List<Double> steps = new ArrayList<>();
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      curve.add(10L * i, value(i));
      steps.add(10.0 * i);
      values.add(value(i));
    }
    int group = 1;
    while (Math.ceilDiv(count, group) > 400) {
      group *= 2;
    }
    assertNear(means(steps, group), curve.steps());
    assertNear(means(values, group), curve.values());
  }

  @Test
  void whatIsNotFiniteIsLeftOut() {
    Curve curve = new Curve();
    curve.add(1, Double.NaN);
    curve.add(2, Double.POSITIVE_INFINITY);
    assertTrue(curve.isEmpty());
    curve.add(3, -1);
    curve.add(4, Double.NEGATIVE_INFINITY);
    curve.add(5, 1);
    assertEquals(List.of(3.0, 5.0), curve.steps());
    assertEquals(List.of(-1.0, 1.0), curve.values());
  }
}
