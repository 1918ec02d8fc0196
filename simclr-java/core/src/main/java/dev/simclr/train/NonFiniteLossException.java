package dev.simclr.train;

/**
 * The loss became infinite or NaN. The run ends before such weights reach a checkpoint; the last
 * checkpoint is intact.
 */
public final class NonFiniteLossException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long step;

  NonFiniteLossException(long step, double loss, double lr) {
    super(
        "the loss is "
            + loss
            + " at step "
            + step
            + " (learning rate "
            + lr
            + "); lower optim.lr, lengthen optim.warmup_epochs or set train.precision=float32");
    this.step = step;
  }

  /** Returns the first step, counted from 1, after which the loss was seen not to be finite. */
  public long step() {
    return step;
  }
}
