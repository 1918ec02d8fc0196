package dev.simclr.random;

/**
 * Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3" (SC 2011): ten rounds turn a 128-bit counter and a 64-bit key into four 32-bit words.
 */
public final class Philox {
  private static final int ROUNDS = 10;
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final long LOW = 0xFFFFFFFFL;

  private Philox() {}

  /**
   * Computes the four words of a counter, as the Random123 library numbers counter and key words.
   *
   * @param out receives the words at index 0 to 3
   */
  public static void words(int c0, int c1, int c2, int c3, int k0, int k1, int[] out) {
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = MULTIPLIER_0 * (c0 & LOW);
      long product1 = MULTIPLIER_1 * (c2 & LOW);
      int next0 = (int) (product1 >>> 32) ^ c1 ^ k0;
      int next2 = (int) (product0 >>> 32) ^ c3 ^ k1;
      c1 = (int) product1;
      c3 = (int) product0;
      c0 = next0;
      c2 = next2;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
  }

  /**
   * Computes one block of a key of this library: the Philox key is the seed (low word first), and
   * the counter is {@code [purpose << 24 | view << 16 | block, sample, epoch low, epoch high]}.
   *
   * @param seed the run's seed
   * @param purpose what the numbers are for
   * @param epoch epoch, or step for draws that hold for a whole batch
   * @param sample index of the sample in its data set, or another 32-bit index
   * @param view 0 to 255
   * @param block 0 to 65535: which four words of this key
   * @param out receives the words at index 0 to 3
   */
  public static void words(
      long seed, Purpose purpose, long epoch, int sample, int view, int block, int[] out) {
    if ((view & ~0xFF) != 0) {
      throw new IllegalArgumentException("view is " + view + "; allowed: 0 to 255");
    }
    if ((block & ~0xFFFF) != 0) {
      throw new IllegalArgumentException("block is " + block + "; allowed: 0 to 65535");
    }
    int c0 = purpose.code() << 24 | view << 16 | block;
    words(c0, sample, (int) epoch, (int) (epoch >>> 32), (int) seed, (int) (seed >>> 32), out);
  }
}
