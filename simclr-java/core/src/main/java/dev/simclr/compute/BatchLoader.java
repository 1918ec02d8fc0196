package dev.simclr.compute;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Fills a ring of batch buffers ahead of the one thread that trains.
 *
 * <p>What a row of a batch holds depends on the step and the row alone, so the number of threads,
 * the depth of the ring and a restart in the middle change nothing. The threads are platform
 * threads that never call a tensor operation: every thread that does gets an OpenMP team of its
 * own.
 *
 * <p>{@link #next} and {@link Batch#close} belong to one thread; batches come in the order of their
 * steps, and each is given back before or after the next one is taken, in order.
 */
public final class BatchLoader implements AutoCloseable {

  /** Fills slices of batches; each thread has its own. */
  @FunctionalInterface
  public interface RowFiller {
    /**
     * Writes all that the rows {@code firstRow} to {@code endRow - 1} of step {@code step} need
     * into {@code batch}, and nothing else. What it throws reaches the caller of {@link #next}, so
     * it should name the sample.
     */
    void fill(long step, int firstRow, int endRow, MemorySegment batch);
  }

  /** A filled buffer, valid until it is closed. */
  public final class Batch implements AutoCloseable {
    private final long step;

    private Batch(long step) {
      this.step = step;
    }

    /** The step that the batch is for. */
    public long step() {
      return step;
    }

    /** Which of the buffers holds it. */
    public int buffer() {
      return (int) (step % buffers.size());
    }

    /** Gives the buffer back to be filled again. */
    @Override
    public void close() {
      release(step);
    }
  }

  private final Supplier<? extends RowFiller> fillers;
  private final List<MemorySegment> buffers;
  private final int rows;
  private final int rowsPerChunk;
  private final int chunks;
  private final long endStep;
  private final List<Thread> threads = new ArrayList<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition bufferFree = lock.newCondition();
  private final Condition batchReady = lock.newCondition();
  // All below is guarded by the lock.
  private final int[] chunksLeft;
  private long claimStep;
  private int claimChunk;
  private long nextStep;
  private long released;
  private boolean closed;
  private Throwable failure;
  private long waitNanos;

  /**
   * Starts to fill batches.
   *
   * @param fillers makes a filler for each thread, on that thread
   * @param buffers the ring, at least 2; they must stay valid until {@link #close} returns
   * @param rows rows of a batch
   * @param firstStep the first step to fill
   * @param endStep the step after the last one to fill
   * @param threadCount threads, at least 1
   */
  public BatchLoader(
      Supplier<? extends RowFiller> fillers,
      List<MemorySegment> buffers,
      int rows,
      long firstStep,
      long endStep,
      int threadCount) {
    if (buffers.size() < 2) {
      throw new IllegalArgumentException("buffers are " + buffers.size() + "; allowed: at least 2");
    }
    this.fillers = fillers;
    this.buffers = List.copyOf(buffers);
    this.rows = rows;
    // Chunks small enough that all threads work on the batch that is needed next.
    this.rowsPerChunk = Math.clamp(rows / (4L * threadCount), 1, 16);
    this.chunks = (rows + rowsPerChunk - 1) / rowsPerChunk;
    this.endStep = endStep;
    this.chunksLeft = new int[buffers.size()];
    this.claimStep = firstStep;
    this.nextStep = firstStep;
    this.released = firstStep;
    try {
      for (int i = 0; i < threadCount; i++) {
        threads.add(Thread.ofPlatform().name("simclr-loader-" + i).daemon().start(this::work));
      }
    } catch (Error e) { // there are as many threads as the system allows
      close();
      throw e;
    }
  }

  /**
   * Waits for the next batch.
   *
   * @throws RuntimeException what the filler threw for any batch
   * @throws IllegalStateException after the last step, or after {@link #close}
   */
  public Batch next() {
    lock.lock();
    try {
      if (nextStep >= endStep) {
        throw new IllegalStateException("no batch after step " + (endStep - 1));
      }
      int buffer = (int) (nextStep % buffers.size());
      long start = System.nanoTime();
      while (failure == null && !closed && !(nextStep < claimStep && chunksLeft[buffer] == 0)) {
        batchReady.awaitUninterruptibly();
      }
      waitNanos += System.nanoTime() - start;
      if (failure != null) {
        rethrow(failure);
      }
      if (closed) {
        throw new IllegalStateException("the loader is closed");
      }
      return new Batch(nextStep++);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the time that {@link #next} has spent waiting, in nanoseconds. */
  public long waitNanos() {
    lock.lock();
    try {
      return waitNanos;
    } finally {
      lock.unlock();
    }
  }

  /** Stops the threads and waits for them; the buffers are not touched after that. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      bufferFree.signalAll();
      batchReady.signalAll();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          // The buffers may be freed after close, so it waits for the threads in any case.
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void release(long step) {
    lock.lock();
    try {
      if (step != released) {
        throw new IllegalStateException(
            "batch " + step + " is given back, but batch " + released + " is the oldest one");
      }
      released++;
      bufferFree.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void work() {
    try {
      RowFiller filler = fillers.get();
      Chunk chunk = claim();
      while (chunk != null) {
        MemorySegment buffer = buffers.get((int) (chunk.step % buffers.size()));
        int end = Math.min(rows, (chunk.index + 1) * rowsPerChunk);
        filler.fill(chunk.step, chunk.index * rowsPerChunk, end, buffer);
        done(chunk);
        chunk = claim();
      }
    } catch (Throwable t) {
      // Errors too: a thread that dies in silence would leave next() waiting for ever.
      fail(t);
    }
  }

  private Chunk claim() {
    lock.lock();
    try {
      while (!closed
          && failure == null
          && claimStep < endStep
          && claimStep >= released + buffers.size()) {
        bufferFree.awaitUninterruptibly();
      }
      if (closed || failure != null || claimStep >= endStep) {
        return null;
      }
      Chunk chunk = new Chunk(claimStep, claimChunk);
      if (claimChunk == 0) {
        chunksLeft[(int) (claimStep % buffers.size())] = chunks;
      }
      claimChunk++;
      if (claimChunk == chunks) {
        claimChunk = 0;
        claimStep++;
      }
      return chunk;
    } finally {
      lock.unlock();
    }
  }

  private void done(Chunk chunk) {
    lock.lock();
    try {
      int buffer = (int) (chunk.step % buffers.size());
      chunksLeft[buffer]--;
      if (chunksLeft[buffer] == 0) {
        batchReady.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void fail(Throwable t) {
    lock.lock();
    try {
      if (failure == null) {
        failure = t;
      }
      bufferFree.signalAll();
      batchReady.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static void rethrow(Throwable t) {
    switch (t) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException("a filler threw a checked exception", t);
    }
  }

  private record Chunk(long step, int index) {}
}
