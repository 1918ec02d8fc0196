package dev.simclr.torch.internal;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps memory of Java alive while libtorch reads it.
 *
 * <p>A tensor over Java's memory carries a number. When libtorch lets go of the storage, on
 * whatever thread, it puts the number on a list; Java takes the list whenever it has freed handles.
 * So there is no call from native code into Java.
 */
public final class SharedMemory {

  private static final ConcurrentHashMap<Long, Runnable> HOLDS = new ConcurrentHashMap<>();
  private static final AtomicLong NEXT = new AtomicLong(1);

  private SharedMemory() {}

  /**
   * Returns a number for {@link SctTensor#wrap}. Whatever {@code onRelease} refers to stays
   * reachable until it has run, once, after libtorch has let go.
   */
  public static long hold(Runnable onRelease) {
    long id = NEXT.getAndIncrement();
    HOLDS.put(id, onRelease);
    return id;
  }

  /** Takes back a hold that no tensor was made with. */
  public static void cancel(long id) {
    Runnable onRelease = HOLDS.remove(id);
    if (onRelease != null) {
      onRelease.run();
    }
  }

  /**
   * Releases the memory that libtorch has let go of.
   *
   * @throws RuntimeException the first that a release threw, when all of them have run
   */
  public static void drain() {
    RuntimeException failure = null;
    while (!HOLDS.isEmpty()) {
      long[] released = SctMemory.drainReleased();
      if (released.length == 0) {
        break;
      }
      for (long id : released) {
        try {
          cancel(id);
        } catch (RuntimeException e) {
          // The others are off libtorch's list now: nobody else would release them.
          failure = failure == null ? e : failure;
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Returns the number of holds, for tests of leaks. */
  public static int holds() {
    return HOLDS.size();
  }
}
