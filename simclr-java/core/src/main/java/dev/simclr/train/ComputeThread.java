package dev.simclr.train;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Runs work on a platform thread of its own: grad mode, autocast and the OpenMP team belong to an
 * operating system thread, and the caller's may be virtual or have other settings.
 */
final class ComputeThread {
  private ComputeThread() {}

  /** Calls the work and waits for it; an interrupt of the caller requests a stop. */
  static <T> T call(Supplier<T> work, StopToken stop) {
    AtomicReference<T> result = new AtomicReference<>();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform()
            .name("simclr-compute")
            .start(() -> {
              try {
                result.set(work.get());
              } catch (Throwable t) {
                failure.set(t);
              }
            });
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
        stop.request();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    switch (failure.get()) {
      case null -> {
        return result.get();
      }
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new AssertionError("a supplier throws no checked exception", failure.get());
    }
  }
}
