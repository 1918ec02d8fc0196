package dev.simclr.compute;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A platform thread that runs the native work of others, one piece after the other: grad mode,
 * autocast and the OpenMP team belong to an operating system thread, and a caller's may be virtual
 * or have other settings.
 *
 * <p>May be used from any thread, virtual ones too, but not from the compute thread itself, which
 * would wait for itself.
 */
public final class ComputeThread implements AutoCloseable {
  private final String owner;
  private final ThreadPoolExecutor executor;
  private volatile Thread thread;
  // Guarded by this.
  private boolean closed;

  /**
   * Starts a thread.
   *
   * @param owner whose thread it is, as messages call it
   * @param daemon whether the thread lets the process end; true where closing may be forgotten
   */
  public ComputeThread(String owner, boolean daemon) {
    this.owner = owner;
    this.executor =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              thread = Thread.ofPlatform().name("simclr-compute").daemon(daemon).unstarted(work);
              return thread;
            });
    executor.prestartCoreThread();
  }

  /** Runs one piece of work on a thread of its own and waits for it, see {@link #call}. */
  public static <T> T callOnce(Supplier<T> work, Runnable onInterrupt) {
    try (ComputeThread compute = new ComputeThread("the run", false)) {
      return compute.call(work, onInterrupt);
    }
  }

  /**
   * Runs work after all that was handed over before, and waits for it.
   *
   * @param onInterrupt called on the calling thread each time it is interrupted while it waits; it
   *     goes on waiting, and its interrupt status is set on return
   * @throws IllegalStateException if this is closed
   * @throws RuntimeException what the work threw; errors likewise
   */
  public <T> T call(Supplier<T> work, Runnable onInterrupt) {
    FutureTask<T> task = new FutureTask<>(work::get);
    execute(task);
    return await(task, onInterrupt);
  }

  /**
   * Hands work over without waiting for it; it must not throw.
   *
   * @throws IllegalStateException if this is closed
   */
  public synchronized void execute(Runnable work) {
    requireUsable();
    executor.execute(work);
  }

  /**
   * Checks that work can be handed over now.
   *
   * @throws IllegalStateException if this is closed, or on the compute thread itself
   */
  public synchronized void requireUsable() {
    requireOtherThread();
    if (closed) {
      throw new IllegalStateException(owner + " is closed");
    }
  }

  /**
   * Waits for what runs on a compute thread; parameters and failures are those of {@link #call}.
   */
  public static <T> T await(Future<T> future, Runnable onInterrupt) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
          onInterrupt.run();
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        default -> throw new AssertionError("the work throws no checked exception", e.getCause());
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Whether the thread can use memory: that of a confined arena, for one, it cannot. */
  public boolean reaches(java.lang.foreign.MemorySegment memory) {
    return memory.isAccessibleBy(thread);
  }

  /** Finishes what was handed over, ends the thread and waits for it. */
  @Override
  public void close() {
    close(() -> {});
  }

  /**
   * Finishes what was handed over, runs one last piece of work, ends the thread and waits for it.
   * Closing again only waits.
   */
  public void close(Runnable last) {
    requireOtherThread();
    synchronized (this) {
      if (!closed) {
        closed = true;
        executor.execute(last);
        executor.shutdown();
      }
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        // What the last piece of work frees may be asked for after close, so it waits in any case.
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void requireOtherThread() {
    if (Thread.currentThread() == thread) {
      throw new IllegalStateException(owner + " cannot be used from its own compute thread");
    }
  }
}
