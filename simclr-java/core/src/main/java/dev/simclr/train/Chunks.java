package dev.simclr.train;

import dev.simclr.random.Purpose;
import dev.simclr.random.RandomStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which rows of a batch are encoded together, if not all are. A chunk has the same number of images
 * of each view: the same images with {@link TrainConfig.ChunkBn#LOCAL}, and with {@link
 * TrainConfig.ChunkBn#SHUFFLED} no image twice, in another arrangement for each seed and batch.
 *
 * <p>Shuffled, the image at a place of a chunk of view 1 is at the same place of another chunk of
 * each other view, a number of chunks further on that is drawn for each place and differs between
 * the views. So chunks are full, and from three chunks on the neighbours of an image in view 1 are
 * spread over all the other chunks in view 2. Of two chunks of two views, each has the images of
 * view 1 that the other has of view 2: there is no other way to keep pairs apart.
 */
final class Chunks {
  private final TrainConfig train;
  private final int views;

  /** Divides batches of {@code views} views, each of {@code train.batch} rows. */
  Chunks(TrainConfig train, int views) {
    this.train = train;
    this.views = views;
  }

  /** Whether a batch is more than one chunk. */
  static boolean several(TrainConfig train) {
    return train.chunk() > 0 && train.chunk() < train.batch();
  }

  /**
   * Checks that there are chunks enough to have the views of an image in different ones.
   *
   * @throws IllegalArgumentException naming the key, the value and what is allowed
   */
  static void require(PretrainConfig config) {
    TrainConfig train = config.train();
    int views = config.augment().views();
    if (train.hasShuffledChunks() && views > count(train)) {
      throw Keys.refused(
          "train.chunk",
          train.chunk(),
          "at most "
              + train.batch() / views
              + " with train.batch "
              + train.batch()
              + " and augment.views "
              + views
              + ", so that each view of an image has a chunk of its own; or train.chunk_bn=local");
    }
  }

  private static int count(TrainConfig train) {
    return train.batch() / train.chunk();
  }

  /**
   * Returns the rows of each chunk; every row is in one.
   *
   * @param batch number of the batch, from 1
   */
  List<long[]> of(long batch) {
    int n = train.batch();
    int size = train.chunk();
    int count = count(train);
    int[][] shifts = shifts(batch);
    List<long[]> chunks = new ArrayList<>();
    for (int chunk = 0; chunk < count; chunk++) {
      chunks.add(new long[views * size]);
    }
    for (int view = 0; view < views; view++) {
      for (int image = 0; image < n; image++) {
        int place = image % size;
        int chunk = (image / size + shifts[place][view]) % count;
        chunks.get(chunk)[view * size + place] = (long) view * n + image;
      }
    }
    return chunks;
  }

  /** Returns for each place of a chunk how many chunks further on its image is in each view. */
  private int[][] shifts(long batch) {
    int[][] shifts = new int[train.chunk()][views];
    if (train.chunkBn() == TrainConfig.ChunkBn.LOCAL) {
      return shifts;
    }
    RandomStream random = new RandomStream().at(train.seed(), Purpose.CHUNK, batch, 0, 0);
    int others = count(train) - 1;
    int[] order = upTo(shifts.length);
    for (int i = order.length - 1; i > 0; i--) {
      swap(order, i, random.nextInt(i + 1));
    }
    for (int place = 0; place < shifts.length; place++) {
      int[] left = upTo(others);
      for (int view = 1; view < views; view++) {
        int used = view - 1;
        // In view 2 no shift comes more than once oftener than another.
        swap(left, used, used == 0 ? order[place] % others : used + random.nextInt(others - used));
        shifts[place][view] = 1 + left[used];
      }
    }
    return shifts;
  }

  private static int[] upTo(int end) {
    return IntStream.range(0, end).toArray();
  }

  private static void swap(int[] values, int one, int other) {
    int kept = values[one];
    values[one] = values[other];
    values[other] = kept;
  }
}
