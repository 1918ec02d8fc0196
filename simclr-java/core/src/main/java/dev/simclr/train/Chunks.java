package dev.simclr.train;

import dev.simclr.random.Purpose;
import dev.simclr.random.RandomStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Which rows of a batch are encoded together, if not all are. A chunk has the same number of images
 * of each view: the same images with {@link TrainConfig.ChunkBn#LOCAL}, and with {@link
 * TrainConfig.ChunkBn#SHUFFLED} for each view after the first ones at random, by seed and batch.
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
   * Returns the rows of each chunk; every row is in one.
   *
   * @param batch number of the batch, from 1
   */
  List<long[]> of(long batch) {
    int n = train.batch();
    int size = train.chunk();
    List<long[]> chunks = new ArrayList<>();
    for (int first = 0; first < n; first += size) {
      chunks.add(new long[views * size]);
    }
    for (int view = 0; view < views; view++) {
      int[] images = order(batch, view);
      for (int place = 0; place < n; place++) {
        chunks.get(place / size)[view * size + place % size] = (long) view * n + images[place];
      }
    }
    return chunks;
  }

  private int[] order(long batch, int view) {
    int[] images = new int[train.batch()];
    for (int i = 0; i < images.length; i++) {
      images[i] = i;
    }
    // The order of the batch is random already: one view may keep it.
    if (view > 0 && train.chunkBn() == TrainConfig.ChunkBn.SHUFFLED) {
      RandomStream random = new RandomStream().at(train.seed(), Purpose.CHUNK, batch, 0, view);
      for (int i = images.length - 1; i > 0; i--) {
        int other = random.nextInt(i + 1);
        int kept = images[i];
        images[i] = images[other];
        images[other] = kept;
      }
    }
    return images;
  }
}
