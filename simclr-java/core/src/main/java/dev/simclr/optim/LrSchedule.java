package dev.simclr.optim;

/**
 * Learning rate as a function of the step alone: linear warm-up, then a cosine to zero.
 *
 * <p>For step s, counted from 0, with w warm-up steps of t in total:
 *
 * <pre>
 *   s &lt; w:   peak (s + 1) / w    warm-up from one
 *            peak s / w          warm-up from zero
 *   s &gt;= w:  peak (1 + cos(pi (s - w) / (t - w))) / 2
 * </pre>
 *
 * <p>From one, the first update already moves the weights and the last warm-up step is at the peak.
 * From zero, as in the SimCLR reference, the first update has learning rate 0. (Loshchilov and
 * Hutter 2017, arXiv 1608.03983; SimCLR, arXiv 2002.05709, appendix B.6.)
 *
 * @param peak the learning rate at the end of the warm-up
 * @param warmupSteps length of the warm-up, 0 for none
 * @param totalSteps length of the run, at least {@code warmupSteps} and at least 1
 * @param fromZero whether the first warm-up step has learning rate 0
 */
public record LrSchedule(double peak, long warmupSteps, long totalSteps, boolean fromZero) {

  /**
   * Refuses values that describe no schedule.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public LrSchedule {
    if (!(peak >= 0) || Double.isInfinite(peak)) {
      throw new IllegalArgumentException("peak is " + peak + "; allowed: finite, 0 or more");
    }
    if (totalSteps < 1) {
      throw new IllegalArgumentException("totalSteps is " + totalSteps + "; allowed: 1 or more");
    }
    if (warmupSteps < 0 || warmupSteps > totalSteps) {
      throw new IllegalArgumentException(
          "warmupSteps is " + warmupSteps + "; allowed: 0 to totalSteps, which is " + totalSteps);
    }
  }

  /**
   * Creates a schedule that warms up from one.
   *
   * @param peak the learning rate at the end of the warm-up
   * @param warmupSteps length of the warm-up, 0 for none
   * @param totalSteps length of the run
   */
  public LrSchedule(double peak, long warmupSteps, long totalSteps) {
    this(peak, warmupSteps, totalSteps, false);
  }

  /**
   * Returns the learning rate of one step.
   *
   * @param step the step, from 0; steps at or after {@code totalSteps} have learning rate 0
   * @return the learning rate
   */
  public double at(long step) {
    if (step < 0) {
      throw new IllegalArgumentException("step is " + step + "; allowed: 0 or more");
    }
    if (step >= totalSteps) {
      return 0;
    }
    if (step < warmupSteps) {
      return peak * (fromZero ? step : step + 1) / warmupSteps;
    }
    double progress = (double) (step - warmupSteps) / (totalSteps - warmupSteps);
    return peak * 0.5 * (1 + Math.cos(Math.PI * progress));
  }
}
