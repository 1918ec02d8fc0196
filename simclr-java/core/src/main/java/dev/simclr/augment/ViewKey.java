package dev.simclr.augment;

/**
 * Which view: what is drawn for it is a function of this, of the size of the image and of nothing
 * else.
 *
 * @param seed the run's seed
 * @param epoch from 0
 * @param batch from 0, over all epochs; decides only what is drawn once for a whole batch, the
 *     sigma of {@link Semantics#GOOGLE}
 * @param sample index of the image in its data set
 * @param view 0 to 255; 0 and 1 for the two views of SimCLR
 */
public record ViewKey(long seed, long epoch, long batch, int sample, int view) {

  /**
   * Checks the view.
   *
   * @throws IllegalArgumentException if it is out of range
   */
  public ViewKey {
    Checks.between("view", view, 0, 255);
  }
}
