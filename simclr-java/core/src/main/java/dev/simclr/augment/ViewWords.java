package dev.simclr.augment;

import dev.simclr.random.Philox;
import dev.simclr.random.Purpose;

/** The random words of one view, a block of four at a time. */
final class ViewWords {
  private static final int OTHER = -1;

  private final ViewKey key;
  private final int[] words = new int[4];

  /** The block of the view's own key that {@link #words} has, or {@link #OTHER}. */
  private int current = OTHER;

  ViewWords(ViewKey key) {
    this.key = key;
  }

  /** Goes to a block of the view's own key. */
  void go(int block) {
    if (block == current) {
      return;
    }
    current = block;
    Philox.words(key.seed(), Purpose.AUGMENT, key.epoch(), key.sample(), key.view(), block, words);
  }

  /** Goes to a block that all images of a batch share. */
  void goBatch(int block) {
    current = OTHER;
    Philox.words(key.seed(), Purpose.BATCH, key.batch(), 0, key.view(), block, words);
  }

  /** The word itself. */
  int word(int word) {
    return words[word];
  }

  /** Uniform in [0, 1), a multiple of 2^-32. */
  double uniform(int word) {
    return (words[word] & 0xFFFFFFFFL) * 0x1p-32;
  }

  /** Uniform in [0, 1), a multiple of 2^-24. */
  float uniformFloat(int word) {
    return (words[word] >>> 8) * 0x1p-24f;
  }

  double uniform(int word, double low, double high) {
    return low + uniform(word) * (high - low);
  }

  /** Uniform in 0 to bound - 1, with a bias below bound / 2^32. */
  int below(int word, int bound) {
    return (int) ((words[word] & 0xFFFFFFFFL) * bound >>> 32);
  }
}
