package dev.simclr.random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SampleOrderTest {
  private static int[] epoch(SampleOrder order, long epoch) {
    return IntStream.range(0, order.size()).map(i -> order.at(epoch, i)).toArray();
  }

  @Test
  void everyEpochIsAPermutation() {
    for (int n = 1; n <= 200; n++) {
      int[] seen = epoch(SampleOrder.of(n, n), 3);
      Arrays.sort(seen);
      assertEquals(n, Arrays.stream(seen).distinct().count());
      assertEquals(n - 1, seen[n - 1]);
    }
  }

  @Test
  void seedAndEpochChooseTheOrderAndNothingElseDoes() {
    int[] first = epoch(SampleOrder.of(1, 1000), 5);
    SampleOrder used = SampleOrder.of(1, 1000);
    used.at(9, 0);
    assertTrue(Arrays.equals(first, epoch(used, 5)));
    assertNotEquals(Arrays.toString(first), Arrays.toString(epoch(used, 6)));
    assertNotEquals(Arrays.toString(first), Arrays.toString(epoch(SampleOrder.of(2, 1000), 5)));
  }

  @Test
  void everySampleIsEquallyLikelyAtEveryPosition() {
    int n = 8;
    int epochs = 8000;
    int[][] counts = new int[n][n];
    SampleOrder order = SampleOrder.of(11, n);
    for (int e = 0; e < epochs; e++) {
      for (int i = 0; i < n; i++) {
        counts[i][order.at(e, i)]++;
      }
    }
    double chiSquare = 0;
    double expected = (double) epochs / n;
    for (int[] row : counts) {
      for (int count : row) {
        chiSquare += (count - expected) * (count - expected) / expected;
      }
    }
    // 99.9 % quantile of chi-square with (8 - 1)^2 = 49 degrees of freedom.
    assertTrue(chiSquare < 85.4, "chi-square " + chiSquare);
  }

  @Test
  void allOrdersOfAFewSamplesAreEquallyLikely() {
    int epochs = 24_000;
    int[] counts = new int[256];
    SampleOrder order = SampleOrder.of(5, 4);
    for (int e = 0; e < epochs; e++) {
      int code = 0;
      for (int i = 0; i < 4; i++) {
        code = code * 4 + order.at(e, i);
      }
      counts[code]++;
    }
    double expected = epochs / 24.0;
    double chiSquare = 0;
    int reached = 0;
    for (int count : counts) {
      if (count > 0) {
        reached++;
        chiSquare += (count - expected) * (count - expected) / expected;
      }
    }
    assertEquals(24, reached);
    // 99.9 % quantile of chi-square with 23 degrees of freedom.
    assertTrue(chiSquare < 49.7, "chi-square " + chiSquare);
  }

  @Test
  void neighboursInAnEpochAreNotRelated() {
    int n = 50_000;
    SampleOrder order = SampleOrder.of(17, n);
    int[] counts = new int[16];
    for (int i = 0; i + 1 < n; i += 2) {
      int first = (int) (order.at(0, i) * 4L / n);
      int second = (int) (order.at(0, i + 1) * 4L / n);
      counts[first * 4 + second]++;
    }
    double expected = n / 2 / 16.0;
    double chiSquare = 0;
    for (int count : counts) {
      chiSquare += (count - expected) * (count - expected) / expected;
    }
    // 99.9 % quantile of chi-square with 15 degrees of freedom.
    assertTrue(chiSquare < 37.7, "chi-square " + chiSquare);
  }

  @Test
  void aLargeSetIsPermutedToo() {
    int n = 1_281_167;
    SampleOrder order = SampleOrder.of(0, n);
    BitSet seen = new BitSet(n);
    for (int i = 0; i < n; i++) {
      seen.set(order.at(2, i));
    }
    assertEquals(n, seen.cardinality());
    assertEquals(n, seen.length());
  }

  @Test
  void theLargestSetHasDistinctSamplesInRange() {
    SampleOrder order = SampleOrder.of(0, Integer.MAX_VALUE);
    int[] samples =
        IntStream.range(0, 1000).map(i -> order.at(0, Integer.MAX_VALUE - 1 - i)).toArray();
    assertTrue(Arrays.stream(samples).allMatch(s -> s >= 0 && s < Integer.MAX_VALUE));
    assertEquals(1000, Arrays.stream(samples).distinct().count());
  }

  @Test
  void stepsTakeTheEpochsInTurnAndDropTheRemainder() {
    SampleOrder order = SampleOrder.of(3, 10);
    assertEquals(3, order.stepsPerEpoch(3));
    for (long step = 0; step < 7; step++) {
      assertEquals(step / 3, order.epochOf(step, 3));
      for (int row = 0; row < 3; row++) {
        assertEquals(order.at(step / 3, (int) (step % 3) * 3 + row), order.inBatch(step, row, 3));
      }
    }
  }

  @Test
  void whatIsOutOfRangeIsRefused() {
    SampleOrder order = SampleOrder.of(1, 10);
    assertThrows(IndexOutOfBoundsException.class, () -> order.at(0, -1));
    assertThrows(IndexOutOfBoundsException.class, () -> order.at(0, 10));
    assertThrows(IndexOutOfBoundsException.class, () -> order.inBatch(0, 3, 3));
    assertThrows(IllegalArgumentException.class, () -> order.inBatch(-1, 0, 3));
    assertThrows(IllegalArgumentException.class, () -> order.stepsPerEpoch(0));
    assertThrows(IllegalArgumentException.class, () -> order.stepsPerEpoch(11));
  }

  @Test
  void anEmptyDataSetIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> SampleOrder.of(1, 0));
  }
}
