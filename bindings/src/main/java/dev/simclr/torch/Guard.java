package dev.simclr.torch;

import dev.simclr.torch.internal.SctRegion;
import java.lang.foreign.MemorySegment;

/**
 * A stretch of this thread's time in which a mode of libtorch differs, from the call that returned
 * the guard to {@link #close}, which restores the mode before it. Guards nest and close in the
 * reverse order, as try-with-resources does.
 */
public final class Guard implements AutoCloseable {

  private static final ThreadLocal<Guard> INNERMOST = new ThreadLocal<>();

  private final Thread thread = Thread.currentThread();
  private final MemorySegment region;
  private final Guard outer;
  private boolean open = true;

  /** Takes over a region that has just been entered. */
  Guard(MemorySegment region) {
    this.region = region;
    outer = INNERMOST.get();
    INNERMOST.set(this);
  }

  /**
   * Restores the mode before this guard. Closing again does nothing.
   *
   * @throws WrongThreadException on another thread than the one that took the guard
   * @throws IllegalStateException if a guard that was taken later is still open
   */
  @Override
  public void close() {
    if (Thread.currentThread() != thread) {
      throw new WrongThreadException(
          "a Guard of " + thread + " was closed on " + Thread.currentThread());
    }
    if (!open) {
      return;
    }
    if (INNERMOST.get() != this) {
      throw new IllegalStateException("a Guard that was taken later is still open: close it first");
    }
    SctRegion.leave(region);
    open = false;
    if (outer == null) {
      INNERMOST.remove();
    } else {
      INNERMOST.set(outer);
    }
  }
}
