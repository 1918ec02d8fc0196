package dev.simclr.random;

/**
 * The numbers of one key, one after another.
 *
 * <p>A key has 65,536 blocks of four 32-bit words; asking for more is an error, never a repetition.
 * Derived values use shifts and + - * only, so they are the same bits on every machine. Reusable
 * and not thread safe: {@link #at} points it to another key without allocating.
 */
public final class RandomStream {
  private static final int BLOCKS = 1 << 16;

  private final int[] words = new int[4];
  private long seed;
  private Purpose purpose = Purpose.AUGMENT;
  private long epoch;
  private int sample;
  private int view;
  private int block;
  private int used = 4;

  /** Makes a stream; {@link #at} chooses the key before the first draw. */
  public RandomStream() {}

  /**
   * Goes to the first number of a key.
   *
   * @return this
   */
  public RandomStream at(long seed, Purpose purpose, long epoch, int sample, int view) {
    this.seed = seed;
    this.purpose = purpose;
    this.epoch = epoch;
    this.sample = sample;
    this.view = view;
    this.block = 0;
    this.used = 4;
    return this;
  }

  /** The next 32-bit word. */
  public int nextWord() {
    if (used == 4) {
      if (block == BLOCKS) {
        throw new IllegalStateException("all 262144 words of the key are used");
      }
      Philox.words(seed, purpose, epoch, sample, view, block++, words);
      used = 0;
    }
    return words[used++];
  }

  /** Uniform in [0, 1), a multiple of 2^-24. */
  public float nextFloat() {
    return (nextWord() >>> 8) * 0x1p-24f;
  }

  /** Uniform in [0, 1), a multiple of 2^-53; takes two words, the high one first. */
  public double nextDouble() {
    long high = nextWord() >>> 5;
    long low = nextWord() >>> 6;
    return ((high << 26) | low) * 0x1p-53;
  }

  /** Uniform in [low, high), from {@link #nextDouble()}. */
  public double nextDouble(double low, double high) {
    return low + (high - low) * nextDouble();
  }

  /**
   * Uniform in 0 to {@code bound} - 1, without bias (Lemire 2019, arXiv 1805.10941).
   *
   * @param bound at least 1
   */
  public int nextInt(int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("bound is " + bound + "; allowed: at least 1");
    }
    long product = (nextWord() & 0xFFFFFFFFL) * bound;
    if ((product & 0xFFFFFFFFL) < bound) {
      long threshold = (1L << 32) % bound;
      while ((product & 0xFFFFFFFFL) < threshold) {
        product = (nextWord() & 0xFFFFFFFFL) * bound;
      }
    }
    return (int) (product >>> 32);
  }
}
