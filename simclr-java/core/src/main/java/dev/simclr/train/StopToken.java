package dev.simclr.train;

/**
 * Asks a run to stop: it finishes the step, saves a checkpoint and returns, so that it can be
 * resumed.
 *
 * <p>The library installs no signal handlers; an application that wants to stop on a signal calls
 * {@link #request} from its own. Safe to use from any thread.
 */
public final class StopToken {
  private volatile boolean requested;

  /** Creates a token that was not asked to stop. */
  public StopToken() {}

  /** Asks the run to stop. Calling it again changes nothing. */
  public void request() {
    requested = true;
  }

  /** Returns whether the run was asked to stop. */
  public boolean isRequested() {
    return requested;
  }
}
