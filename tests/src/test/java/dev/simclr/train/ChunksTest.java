package dev.simclr.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  /** For each view and image, its chunk. */
  private static int[][] places(List<long[]> chunks, int views, int batch) {
    int[][] places = new int[views][batch];
    for (int[] view : places) {
      Arrays.fill(view, -1);
    }
    for (int chunk = 0; chunk < chunks.size(); chunk++) {
      for (long row : chunks.get(chunk)) {
        int view = Math.toIntExact(row / batch);
        int image = Math.toIntExact(row % batch);
        assertEquals(-1, places[view][image], "a row that comes twice");
        places[view][image] = chunk;
      }
    }
    return places;
  }

  @ParameterizedTest
  @CsvSource({
    "4, 2, 2",
    "16, 8, 2",
    "256, 128, 2",
    "6, 2, 2",
    "6, 2, 3",
    "12, 4, 3",
    "24, 8, 3",
    "40, 10, 3",
    "40, 8, 5",
    "60, 3, 4",
    "64, 2, 2",
    "1024, 128, 2",
    "1024, 128, 8"
  })
  void noShuffledChunkHasTwoViewsOfAnImage(int batch, int chunk, int views) {
    int count = batch / chunk;
    for (long seed = 0; seed < 10; seed++) {
      var train = TrainConfig.builder().batch(batch).chunk(chunk).seed(seed).build();
      for (long step = 1; step <= 10; step++) {
        List<long[]> chunks = new Chunks(train, views).of(step);
        String what = "seed " + seed + ", batch " + step;
        assertEquals(count, chunks.size());
        chunks.forEach(rows -> assertEquals(views * chunk, rows.length));
        int[][] places = places(chunks, views, batch);
        for (int image = 0; image < batch; image++) {
          int mine = image;
          long different = Arrays.stream(places).mapToInt(view -> view[mine]).distinct().count();
          assertEquals(views, different, what + ", image " + image);
        }
        // From a chunk of view 1, as many images go to each other chunk of view 2, or one more.
        int[][] moved = new int[count][count];
        for (int image = 0; image < batch; image++) {
          moved[places[0][image]][places[1][image]]++;
        }
        int share = chunk / (count - 1);
        for (int from = 0; from < count; from++) {
          for (int to = 0; to < count; to++) {
            int least = from == to ? 0 : share;
            int most = from == to ? 0 : chunk % (count - 1) == 0 ? share : share + 1;
            assertTrue(moved[from][to] >= least && moved[from][to] <= most, what);
          }
        }
      }
    }
  }

  @Test
  void fewerChunksThanViewsCannotBeShuffled() {
    var train = TrainConfig.builder().batch(12).chunk(6);
    PretrainConfig config =
        PretrainConfig.defaults()
            .with(AugmentSettings.builder().views(3).build())
            .with(train.build());
    assertEquals(
        "train.chunk is 6; allowed: at most 4 with train.batch 12 and augment.views 3, so that each"
            + " view of an image has a chunk of its own; or train.chunk_bn=local",
        assertThrows(IllegalArgumentException.class, () -> Chunks.require(config)).getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> Pretrainer.of(config).folder(Path.of("none")).run());
    Chunks.require(config.with(train.chunk(4).build()));
    Chunks.require(config.with(train.chunk(12).build()));
    Chunks.require(config.with(train.chunk(6).chunkBn(TrainConfig.ChunkBn.LOCAL).build()));
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
