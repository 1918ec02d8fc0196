package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class ChunksTest {
  private static TrainConfig train(TrainConfig.ChunkBn bn) {
    return TrainConfig.builder().batch(12).chunk(4).chunkBn(bn).seed(3).build();
  }

  @Test
  void localChunksHoldAllViewsOfTheirImages() {
    List<long[]> chunks = new Chunks(train(TrainConfig.ChunkBn.LOCAL), 3).of(5);
    assertEquals(3, chunks.size());
    assertArrayEquals(new long[] {4, 5, 6, 7, 16, 17, 18, 19, 28, 29, 30, 31}, chunks.get(1));
  }

  @Test
  void shuffledChunksHoldEveryRowOnceInAnotherOrderForEachViewAndStep() {
    Chunks chunks = new Chunks(train(TrainConfig.ChunkBn.SHUFFLED), 3);
    for (long step = 1; step < 20; step++) {
      long[] all = chunks.of(step).stream().flatMapToLong(Arrays::stream).sorted().toArray();
      assertArrayEquals(LongStream.range(0, 36).toArray(), all);
      for (long[] chunk : chunks.of(step)) {
        for (int place = 0; place < chunk.length; place++) {
          assertEquals(place / 4, chunk[place] / 12, "four rows of each view");
        }
      }
    }
    long[] first = chunks.of(1).getFirst();
    long[] second = chunks.of(2).getFirst();
    assertArrayEquals(Arrays.copyOf(first, 4), Arrays.copyOf(second, 4));
    assertFalse(Arrays.equals(first, second));
    long[] view2 = Arrays.stream(first, 4, 8).map(row -> row - 12).toArray();
    long[] view3 = Arrays.stream(first, 8, 12).map(row -> row - 24).toArray();
    assertFalse(Arrays.equals(view2, view3));
    assertArrayEquals(first, chunks.of(1).getFirst());
  }

  @Test
  void onlyDivisorsOfTheBatchAreAllowed() {
    for (int chunk : new int[] {1, 5, 24, -4}) {
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> TrainConfig.builder().batch(12).chunk(chunk).build());
      assertEquals(
          "train.chunk is "
              + chunk
              + "; allowed: 0, or from 2 a divisor of train.batch, which is 12",
          e.getMessage());
    }
    assertTrue(Chunks.several(TrainConfig.builder().batch(12).chunk(6).build()));
    assertFalse(Chunks.several(TrainConfig.builder().batch(12).chunk(12).build()));
    assertFalse(Chunks.several(TrainConfig.defaults()));
  }
}
