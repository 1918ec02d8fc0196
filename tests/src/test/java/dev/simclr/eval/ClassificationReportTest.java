package dev.simclr.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.torch.LeakCheck;
import dev.simclr.torch.Tensor;
import dev.simclr.torch.TensorScope;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
final class ClassificationReportTest {
  private static final List<String> NAMES = List.of("a", "b", "c", "d", "e", "f", "g");

  @Test
  void countsByHand() {
    // Scores fall from class 0 to class 6; in the last row classes 2 and 4 tie for the first place.
    double[] falling = {7, 6, 5, 4, 3, 2, 1};
    double[] tied = {0, 0, 9, 1, 9, 2, 3};
    double[] scores = new double[4 * 7];
    for (int row = 0; row < 4; row++) {
      System.arraycopy(row == 3 ? tied : falling, 0, scores, 7 * row, 7);
    }
    try (var _ = TensorScope.open()) {
      Tensor all = Tensor.of(scores, 4, 7);
      ClassificationReport report =
          ClassificationReport.builder(NAMES)
              .add(all.narrow(0, 0, 1), new int[] {0})
              .add(all.narrow(0, 1, 3), new int[] {4, 5, 4})
              .build();
      assertEquals(new Accuracy(0.25, 0.75), report.accuracy());
      assertEquals(4, report.total());
      assertEquals(1, report.count(0, 0));
      assertEquals(1, report.count(4, 0));
      assertEquals(1, report.count(4, 2), "the first of two equal scores is predicted");
      assertEquals(0, report.count(4, 4));
      assertEquals(2, report.count(4));
      assertEquals(1, report.classAccuracy(0));
      assertEquals(0, report.classAccuracy(4));
      assertTrue(Double.isNaN(report.classAccuracy(6)));
      assertEquals(NAMES, report.classNames());
    }
  }

  /** NaN is less than nothing, so it would come first. */
  @Test
  void scoresOfABrokenNetworkAreNoResult() {
    try (var _ = TensorScope.open()) {
      double[] scores = new double[14];
      scores[9] = Double.NaN;
      Tensor broken = Tensor.of(scores, 2, 7);
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> ClassificationReport.of(NAMES, broken, new int[] {0, 2}));
      assertEquals("scores[1][2] is NaN; allowed: numbers", e.getMessage());
    }
  }

  @Test
  void refusesWhatDoesNotFitTogether() {
    try (var _ = TensorScope.open()) {
      Tensor scores = Tensor.of(new double[14], 2, 7);
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> ClassificationReport.of(NAMES, scores, new int[] {0, 7}));
      assertEquals("labels[1] is 7; allowed: 0 to 6", e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class,
              () -> ClassificationReport.of(NAMES, scores, new int[1]));
      assertEquals("scores have shape [2, 7]; allowed: [1, 7]", e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class, () -> ClassificationReport.builder(NAMES).build());
      assertEquals("no samples were added; allowed: at least one", e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class, () -> ClassificationReport.builder(List.of()));
      assertEquals("classNames is empty; allowed: at least one", e.getMessage());
    }
  }
}
