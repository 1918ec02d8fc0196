package dev.simclr.embed;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Gathers what many threads ask for into few forward passes.
 *
 * <p>While a forward pass runs, requests pile up, and the next one takes all that fit. It also
 * waits a little for requests whose images are being prepared at that moment, and for nothing else:
 * who calls alone does not wait. How many views are ready and not computed yet is bounded; callers
 * wait beyond that.
 */
final class MicroBatcher {
  /** Forward passes whose views may be there at one time. */
  private static final int READY_BATCHES = 4;

  /** A forward pass. */
  @FunctionalInterface
  interface Network {
    /**
     * Computes features.
     *
     * @param views one array a request, whole views one after the other
     * @return features of all views, one after the other
     */
    float[] forward(List<float[]> views);
  }

  /** Views that are asked for together, and never split. */
  private record Request(float[] views, int rows, CompletableFuture<float[]> features) {}

  private final int maxRows;
  private final long maxWaitNanos;
  private final Semaphore room;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // All below is guarded by the lock.
  private final Deque<Request> waiting = new ArrayDeque<>();
  private int preparing;
  private long passes;

  /**
   * Creates a batcher.
   *
   * @param maxRows most views of one forward pass
   * @param maxWait longest wait for views that are being prepared
   */
  MicroBatcher(int maxRows, Duration maxWait) {
    this.maxRows = maxRows;
    this.maxWaitNanos = maxWait.toNanos();
    this.room = new Semaphore(READY_BATCHES * maxRows, true);
  }

  /** Announces a request, and waits for room; {@link #submit} or {@link #withdraw} follows. */
  void announce(int rows) {
    room.acquireUninterruptibly(rows);
    lock.lock();
    try {
      preparing++;
    } finally {
      lock.unlock();
    }
  }

  /** Takes an announcement back. */
  void withdraw(int rows) {
    room.release(rows);
    lock.lock();
    try {
      preparing--;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Hands an announced request over; {@link #runBatch} is to be called once after that.
   *
   * @param rows views, at most as many as one forward pass takes
   * @return their features, one after the other
   */
  CompletableFuture<float[]> submit(float[] views, int rows) {
    Request request = new Request(views, rows, new CompletableFuture<>());
    lock.lock();
    try {
      preparing--;
      waiting.addLast(request);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    return request.features;
  }

  /** Takes a request back, if no forward pass has taken it yet. */
  void abandon(CompletableFuture<float[]> features) {
    lock.lock();
    try {
      for (Request request : waiting) {
        if (request.features == features) {
          waiting.remove(request);
          room.release(request.rows);
          return;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Computes one batch, if its requests were not in an earlier one. */
  void runBatch(Network network) {
    List<Request> batch = takeBatch();
    if (batch.isEmpty()) {
      return;
    }
    int rows = batch.stream().mapToInt(Request::rows).sum();
    try {
      float[] features = network.forward(batch.stream().map(Request::views).toList());
      int dim = features.length / rows;
      int next = 0;
      for (Request request : batch) {
        int end = next + request.rows * dim;
        request.features.complete(Arrays.copyOfRange(features, next, end));
        next = end;
      }
    } catch (RuntimeException | Error e) {
      batch.forEach(request -> request.features.completeExceptionally(e));
    } finally {
      room.release(rows);
    }
  }

  private List<Request> takeBatch() {
    List<Request> batch = new ArrayList<>();
    lock.lock();
    try {
      long left = maxWaitNanos;
      while (!waiting.isEmpty() && preparing > 0 && waitingRows() < maxRows && left > 0) {
        left = changed.awaitNanos(left);
      }
      int rows = 0;
      while (!waiting.isEmpty() && rows + waiting.getFirst().rows <= maxRows) {
        rows += waiting.getFirst().rows;
        batch.add(waiting.removeFirst());
      }
      passes += batch.isEmpty() ? 0 : 1;
      return batch;
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts the compute thread", e);
    } finally {
      lock.unlock();
    }
  }

  private int waitingRows() {
    return waiting.stream().mapToInt(Request::rows).sum();
  }

  /** Returns how many views wait for a forward pass. */
  int waitingViews() {
    lock.lock();
    try {
      return waitingRows();
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many forward passes there were. */
  long passes() {
    lock.lock();
    try {
      return passes;
    } finally {
      lock.unlock();
    }
  }
}
