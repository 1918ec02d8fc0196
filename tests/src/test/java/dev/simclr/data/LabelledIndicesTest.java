package dev.simclr.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class LabelledIndicesTest {
  /** 40 samples of class 0, 20 of class 1, 10 of class 2, and 5 without a label, mixed. */
  private static final int[] LABELS =
      IntStream.range(0, 75)
          .map(i -> i % 15 < 8 ? 0 : i % 15 < 12 ? 1 : i % 15 < 14 ? 2 : -1)
          .toArray();

  private static long count(int[] indices, int label) {
    return Arrays.stream(indices).filter(i -> LABELS[i] == label).count();
  }

  private static void assertAscending(int[] indices) {
    for (int i = 1; i < indices.length; i++) {
      assertTrue(indices[i - 1] < indices[i], Arrays.toString(indices));
    }
  }

  @Test
  void aSplitIsStratifiedAndCoversAll() {
    LabelledIndices.Parts parts = LabelledIndices.split(LABELS, 3, 0.2, 1);
    assertEquals(8, count(parts.second(), 0));
    assertEquals(4, count(parts.second(), 1));
    assertEquals(2, count(parts.second(), 2));
    assertAscending(parts.first());
    assertAscending(parts.second());
    int[] all =
        IntStream.concat(Arrays.stream(parts.first()), Arrays.stream(parts.second()))
            .sorted()
            .toArray();
    assertArrayEquals(IntStream.range(0, 75).filter(i -> LABELS[i] >= 0).toArray(), all);
  }

  @Test
  void theSeedDeterminesTheChoice() {
    int[] first = LabelledIndices.perClass(LABELS, 3, 5, 1);
    assertArrayEquals(first, LabelledIndices.perClass(LABELS, 3, 5, 1));
    assertFalse(Arrays.equals(first, LabelledIndices.perClass(LABELS, 3, 5, 2)));
    assertEquals(15, first.length);
    assertAscending(first);
    for (int c = 0; c < 3; c++) {
      assertEquals(5, count(first, c));
    }
    var larger = Arrays.stream(LabelledIndices.perClass(LABELS, 3, 9, 1)).boxed().toList();
    assertTrue(larger.containsAll(Arrays.stream(first).boxed().toList()));
  }

  /** Over many seeds each sample of a class is chosen about equally often. */
  @Test
  void theChoiceIsUniform() {
    int[] hits = new int[LABELS.length];
    int seeds = 2000;
    for (int seed = 0; seed < seeds; seed++) {
      for (int i : LabelledIndices.perClass(LABELS, 3, 2, seed)) {
        hits[i]++;
      }
    }
    for (int i = 0; i < hits.length; i++) {
      if (LABELS[i] >= 0) {
        double p = 2.0 / (40 >> LABELS[i]);
        double sigma = Math.sqrt(seeds * p * (1 - p));
        assertEquals(seeds * p, hits[i], 5 * sigma, "sample " + i);
      }
    }
  }

  @Test
  void refusesWhatCannotBeChosen() {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> LabelledIndices.perClass(LABELS, 3, 11, 0));
    assertEquals("count is 11, but class 2 has 10 samples", e.getMessage());
    e =
        assertThrows(
            IllegalArgumentException.class, () -> LabelledIndices.perClass(LABELS, 3, 0, 0));
    assertEquals("count is 0; allowed: 1 or more", e.getMessage());
    e =
        assertThrows(
            IllegalArgumentException.class, () -> LabelledIndices.split(LABELS, 2, 0.5, 0));
    assertEquals("labels[12] is 2; allowed: -1 to 1", e.getMessage());
    e =
        assertThrows(
            IllegalArgumentException.class, () -> LabelledIndices.split(LABELS, 3, 1.5, 0));
    assertEquals("share is 1.5; allowed: 0 to 1", e.getMessage());
  }
}
