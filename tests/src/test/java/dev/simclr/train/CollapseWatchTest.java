package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class CollapseWatchTest {
  private static final int BATCH = 64;
  private static final double T = 0.5;
  private static final double CHANCE = Math.log(2.0 * BATCH - 1);
  private static final double BEST = Math.log(1 + (2 * BATCH - 2) * Math.exp(-1 / T));

  private static Meters meters(int epoch, double std) {
    return new Meters(epoch * 10L, epoch, std, 1, 1, 0, 0, 0);
  }

  /** The loss after a share of the way from chance to best. */
  private static double loss(double share) {
    return CHANCE - share * (CHANCE - BEST);
  }

  @Test
  void reportsProjectionsThatStayEqualForAnEpoch() {
    CollapseWatch watch = new CollapseWatch(BATCH, 0, T, 0, 1);
    assertEquals(List.of(), watch.measured(meters(0, 0.05)));
    List<String> found = watch.measured(meters(1, 0.06));
    assertEquals(1, found.size());
    assertTrue(found.getFirst().contains("in epoch 1"), found.getFirst());
    assertTrue(found.getFirst().contains("0.06"), found.getFirst());
    assertEquals(List.of(), watch.measured(meters(2, 0.01)), "reported once");
  }

  @Test
  void leavesAloneWhatRecovers() {
    CollapseWatch watch = new CollapseWatch(BATCH, 0, T, 0, 1);
    assertEquals(List.of(), watch.measured(meters(1, 0.9)));
    assertEquals(List.of(), watch.measured(meters(2, 0.05)));
    assertEquals(List.of(), watch.measured(meters(3, 0.11)));
    assertEquals(List.of(), watch.measured(meters(4, 0.05)));
  }

  @Test
  void leavesTheWarmUpAlone() {
    CollapseWatch watch = new CollapseWatch(BATCH, 0, T, 1.5, 1);
    assertEquals(List.of(), watch.measured(meters(1, 0.01)));
    assertEquals(List.of(), watch.measured(meters(2, 0.01)), "half of epoch 2 is warm-up");
    assertEquals(1, watch.measured(meters(3, 0.01)).size());
  }

  @Test
  void reportsALossThatStaysAtChanceForAnEpoch() {
    CollapseWatch watch = new CollapseWatch(BATCH, 0, T, 1, 1);
    watch.loss(loss(0));
    assertEquals(List.of(), watch.epochEnded(1), "warm-up");
    watch.loss(loss(0.019));
    watch.loss(loss(0.021));
    watch.loss(loss(0.001));
    assertEquals(List.of(), watch.epochEnded(2), "one loss was lower");
    watch.loss(loss(0.019));
    watch.loss(loss(-0.5));
    List<String> found = watch.epochEnded(3);
    assertEquals(1, found.size());
    assertTrue(found.getFirst().contains("in epoch 3"), found.getFirst());
    watch.loss(loss(0));
    assertEquals(List.of(), watch.epochEnded(4), "reported once");
  }

  /** Each row of the queue is one more candidate. */
  @Test
  void aQueueRaisesWhatEqualEmbeddingsLose() {
    double chance = Math.log(2 * BATCH - 1 + 100);
    double best = Math.log1p((2 * BATCH - 2 + 100) * Math.exp(-1 / T));
    CollapseWatch watch = new CollapseWatch(BATCH, 100, T, 0, 1);
    watch.loss(chance - 0.021 * (chance - best));
    assertEquals(List.of(), watch.epochEnded(1));
    watch.loss(chance - 0.019 * (chance - best));
    assertEquals(1, watch.epochEnded(2).size());
  }

  @Test
  void saysNothingOfAnEpochWithoutLosses() {
    assertEquals(List.of(), new CollapseWatch(BATCH, 0, T, 0, 1).epochEnded(5));
  }

  @Test
  void judgesTheSumOfTwoDirectionsByItsHalf() {
    CollapseWatch watch = new CollapseWatch(BATCH, 0, T, 0, 2);
    watch.loss(2 * loss(0.5));
    assertEquals(List.of(), watch.epochEnded(1));
    watch.loss(2 * loss(0.01));
    assertEquals(1, watch.epochEnded(2).size());
  }

  @Test
  void doesNotJudgeOtherLosses() {
    CollapseWatch watch = new CollapseWatch(BATCH, 0, T, 0, 0);
    watch.loss(100);
    assertEquals(List.of(), watch.epochEnded(1));
  }
}
