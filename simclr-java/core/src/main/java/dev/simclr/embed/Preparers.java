package dev.simclr.embed;

import dev.simclr.compute.ComputeThread;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A few platform threads that prepare images for virtual ones, on which native code is not called.
 * They start when they are needed, end when they have had nothing to do for a while, and are daemon
 * threads.
 */
final class Preparers implements AutoCloseable {
  private static final long IDLE_SECONDS = 10;

  private final ThreadPoolExecutor executor;
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

  /**
   * Creates the pool; no thread is started.
   *
   * @param count most threads, at least 1
   */
  Preparers(int count) {
    executor =
        new ThreadPoolExecutor(
            count,
            count,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            this::thread);
    executor.allowCoreThreadTimeOut(true);
  }

  private Thread thread(Runnable work) {
    threads.removeIf(thread -> thread.getState() == Thread.State.TERMINATED);
    Thread thread = Thread.ofPlatform().name("simclr-prepare").daemon().unstarted(work);
    threads.add(thread);
    return thread;
  }

  /**
   * Does work on this thread if it is a platform thread, else on one of the pool, and waits for it.
   *
   * @throws IllegalStateException if this is closed and the thread is a virtual one
   * @throws RuntimeException what the work threw; errors likewise
   */
  <T> T call(Supplier<T> work) {
    if (!Thread.currentThread().isVirtual()) {
      return work.get();
    }
    FutureTask<T> task = new FutureTask<>(work::get);
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("the encoder is closed", e);
    }
    return ComputeThread.await(task, () -> {});
  }

  /** Finishes what was handed over and waits for the threads to end. Closing again only waits. */
  @Override
  public void close() {
    executor.shutdown();
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          // Callers wait for what the threads do, so it is finished in any case.
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
