package dev.simclr.random;

/**
 * The order in which the samples of a data set are seen: for each epoch a permutation that is
 * computed from (seed, epoch) alone, one position at a time, without a table.
 *
 * <p>A position is written as two digits in base {@code side} and goes through a Feistel network
 * whose round functions are Philox words of the purpose {@link Purpose#SHUFFLE} (Luby and Rackoff,
 * "How to construct pseudorandom permutations from pseudorandom functions", 1988); a result outside
 * the data set goes through again (cycle walking: Black and Rogaway, "Ciphers with arbitrary finite
 * domains", 2002). Since {@code side * side} is hardly more than the number of samples, a second
 * turn is rare; small sets keep a square of at least 256 so that their orders are not confined to
 * the few permutations that a network on a few bits can reach.
 *
 * <p>Batches: with batch size B, an epoch has S = size / B steps (rounded down), and step n takes
 * the positions (n mod S) B to (n mod S) B + B - 1 of epoch n / S. The samples at the last size mod
 * B positions of an epoch are not seen in it. Immutable and thread safe.
 */
public final class SampleOrder {
  private static final int ROUNDS = 8;
  private static final int SMALLEST_SIDE = 16;

  private final long seed;
  private final int size;
  private final int side;

  private SampleOrder(long seed, int size) {
    this.seed = seed;
    this.size = size;
    int root = (int) Math.sqrt((double) size);
    if ((long) root * root < size) {
      root++;
    }
    this.side = Math.max(SMALLEST_SIDE, root);
  }

  /**
   * Makes the order of a data set.
   *
   * @param size number of samples, at least 1
   * @throws IllegalArgumentException if it is less
   */
  public static SampleOrder of(long seed, int size) {
    if (size < 1) {
      throw new IllegalArgumentException("size is " + size + "; allowed: at least 1");
    }
    return new SampleOrder(seed, size);
  }

  /** Number of samples. */
  public int size() {
    return size;
  }

  /**
   * The sample at a position of an epoch; all three count from 0.
   *
   * @throws IndexOutOfBoundsException if the position is not below {@link #size()}
   */
  public int at(long epoch, int position) {
    if (position < 0 || position >= size) {
      throw new IndexOutOfBoundsException(
          "position is " + position + "; allowed: 0 to " + (size - 1));
    }
    int[] words = new int[4];
    long place = position;
    do {
      place = permute(epoch, place, words);
    } while (place >= size);
    return (int) place;
  }

  /**
   * Number of steps of an epoch, the last partial batch dropped.
   *
   * @param batchSize 1 to {@link #size()}
   * @throws IllegalArgumentException if it is anything else
   */
  public int stepsPerEpoch(int batchSize) {
    if (batchSize < 1 || batchSize > size) {
      throw new IllegalArgumentException(
          "batchSize is " + batchSize + "; allowed: 1 to " + size + ", the number of samples");
    }
    return size / batchSize;
  }

  /** The epoch that a step belongs to; both count from 0. */
  public long epochOf(long step, int batchSize) {
    return requireStep(step) / stepsPerEpoch(batchSize);
  }

  /**
   * The sample in a row of the batch of a step.
   *
   * @param step from 0, over all epochs
   * @param row 0 to {@code batchSize - 1}
   * @throws IllegalArgumentException if step or batch size is out of range
   * @throws IndexOutOfBoundsException if the row is
   */
  public int inBatch(long step, int row, int batchSize) {
    if (row < 0 || row >= batchSize) {
      throw new IndexOutOfBoundsException("row is " + row + "; allowed: 0 to " + (batchSize - 1));
    }
    long epoch = epochOf(step, batchSize);
    int stepOfEpoch = (int) (step % stepsPerEpoch(batchSize));
    return at(epoch, stepOfEpoch * batchSize + row);
  }

  private long permute(long epoch, long place, int[] words) {
    int left = (int) (place / side);
    int right = (int) (place % side);
    for (int round = 0; round < ROUNDS; round++) {
      Philox.words(seed, Purpose.SHUFFLE, epoch, right, 0, round, words);
      int shift = (int) ((words[0] & 0xFFFFFFFFL) * side >>> 32);
      int sum = left + shift;
      left = right;
      right = sum >= side ? sum - side : sum;
    }
    return (long) left * side + right;
  }

  private static long requireStep(long step) {
    if (step < 0) {
      throw new IllegalArgumentException("step is " + step + "; allowed: at least 0");
    }
    return step;
  }
}
