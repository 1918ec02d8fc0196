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
  void anEpochIsCalledBestOnlyIfItWasBetterThanTheLast() {
    assertEquals(knn(0.5), better(knn(0.4), knn(0.5)));
    assertEquals(knn(0.5), better(Optional.empty(), knn(0.5)));
    assertEquals(Optional.empty(), better(knn(0.5), knn(0.5)));
    assertEquals(Optional.empty(), better(knn(0.5), Optional.empty()));
  }

  private static Optional<Evaluation> better(Optional<Evaluation> last, Optional<Evaluation> best) {
    return Pretraining.betterThanLast(
        new RunSummary(
            1,
            1,
            1,
            1,
            "float32",
            "cpu",
            "2.13.0",
            "",
            OptionalDouble.empty(),
            Optional.empty(),
            last,
            best));
  }

  @Test
  void isLeftOutWhereNothingCanBeCompared() {
    assertEquals(Optional.empty(), gain(OptionalDouble.empty(), Optional.empty(), knn(0.5)));
    assertEquals(Optional.empty(), gain(OptionalDouble.of(0.2), knn(0.2), Optional.empty()));
  }
}
