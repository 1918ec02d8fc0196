package dev.simclr.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.simclr.train.Evaluation;
import dev.simclr.train.RunSummary;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class PretrainingGainTest {
  private static Optional<Evaluation> knn(double accuracy) {
    return Optional.of(
        new Evaluation(
            0,
            0,
            OptionalDouble.of(accuracy),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            1));
  }

  private static Optional<String> gain(
      OptionalDouble rawPixels, Optional<Evaluation> untrained, Optional<Evaluation> last) {
    return Pretraining.gain(
        new RunSummary(
            1, 1, 1, 1, "float32", "cpu", "2.13.0", "", rawPixels, untrained, last, last));
  }

  @Test
  void isTheDifferenceToEveryBaselineThatWasMeasured() {
    assertEquals(
        Optional.of("kNN +33.00 points over the untrained network, -2.50 points over raw pixels"),
        gain(OptionalDouble.of(0.55), knn(0.195), knn(0.525)));
    assertEquals(
        Optional.of("kNN +33.00 points over the untrained network"),
        gain(OptionalDouble.empty(), knn(0.195), knn(0.525)));
  }

  @Test
  void isLeftOutWhereNothingCanBeCompared() {
    assertEquals(Optional.empty(), gain(OptionalDouble.empty(), Optional.empty(), knn(0.5)));
    assertEquals(Optional.empty(), gain(OptionalDouble.of(0.2), knn(0.2), Optional.empty()));
  }
}
