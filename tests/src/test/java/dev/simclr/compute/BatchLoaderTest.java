package dev.simclr.compute;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.simclr.data.DataException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class BatchLoaderTest {
  private static final int ROWS = 37;

  private static List<MemorySegment> ring(int depth) {
    List<MemorySegment> ring = new ArrayList<>();
    for (int i = 0; i < depth; i++) {
      ring.add(Arena.ofAuto().allocate(ROWS * 8L));
    }
    return ring;
  }

  private static void write(long step, int firstRow, int endRow, MemorySegment batch) {
    for (int row = firstRow; row < endRow; row++) {
      batch.setAtIndex(ValueLayout.JAVA_LONG, row, step * 1000 + row);
    }
  }

  private static long[] run(int threads, int depth, long first, long end) {
    List<MemorySegment> ring = ring(depth);
    List<Long> seen = new ArrayList<>();
    try (var loader =
        new BatchLoader(() -> BatchLoaderTest::write, ring, ROWS, first, end, threads)) {
      for (long step = first; step < end; step++) {
        try (var batch = loader.next()) {
          assertEquals(step, batch.step());
          for (long value : ring.get(batch.buffer()).toArray(ValueLayout.JAVA_LONG)) {
            seen.add(value);
          }
        }
      }
    }
    return seen.stream().mapToLong(Long::longValue).toArray();
  }

  @Test
  void batchesDoNotDependOnThreadsOrDepthOrStart() {
    long[] expected = new long[20 * ROWS];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = (i / ROWS) * 1000L + i % ROWS;
    }
    for (int threads : new int[] {1, 2, 3, 8}) {
      for (int depth : new int[] {2, 3, 5}) {
        assertArrayEquals(expected, run(threads, depth, 0, 20), threads + " threads, " + depth);
      }
    }
    long[] tail = new long[7 * ROWS];
    System.arraycopy(expected, 13 * ROWS, tail, 0, tail.length);
    assertArrayEquals(tail, run(3, 3, 13, 20));
  }

  @Test
  void aBufferIsNotTouchedWhileItsBatchIsOpen() throws InterruptedException {
    List<MemorySegment> ring = ring(2);
    AtomicLong newest = new AtomicLong();
    BatchLoader.RowFiller filler =
        (step, firstRow, endRow, batch) -> {
          newest.accumulateAndGet(step, Math::max);
          write(step, firstRow, endRow, batch);
        };
    try (var loader = new BatchLoader(() -> filler, ring, ROWS, 0, 100, 4)) {
      var first = loader.next();
      Thread.sleep(50);
      assertEquals(1, newest.get(), "only the other buffer may be filled ahead");
      first.close();
      loader.next().close();
      loader.next().close();
    }
  }

  @Test
  void aFailureReachesTheConsumer() {
    BatchLoader.RowFiller filler =
        (step, firstRow, endRow, batch) -> {
          if (step == 5 && firstRow <= 11 && 11 < endRow) {
            throw new DataException("train/00042 cannot be read");
          }
          write(step, firstRow, endRow, batch);
        };
    try (var loader = new BatchLoader(() -> filler, ring(3), ROWS, 0, 100, 3)) {
      var e =
          assertThrows(
              DataException.class,
              () -> {
                for (int i = 0; i < 100; i++) {
                  loader.next().close();
                }
              });
      assertEquals("train/00042 cannot be read", e.getMessage());
    }
  }

  @Test
  void anErrorReachesTheConsumerToo() {
    BatchLoader.RowFiller filler =
        (step, firstRow, endRow, batch) -> {
          throw new OutOfMemoryError("planted");
        };
    try (var loader = new BatchLoader(() -> filler, ring(2), ROWS, 0, 10, 2)) {
      assertEquals("planted", assertThrows(OutOfMemoryError.class, loader::next).getMessage());
    }
  }

  @Test
  void closeWaitsForTheThreads() {
    AtomicInteger running = new AtomicInteger();
    BatchLoader.RowFiller filler =
        (step, firstRow, endRow, batch) -> {
          running.incrementAndGet();
          write(step, firstRow, endRow, batch);
          running.decrementAndGet();
        };
    var loader = new BatchLoader(() -> filler, ring(2), ROWS, 0, 1_000_000, 4);
    loader.next().close();
    loader.close();
    assertEquals(0, running.get());
    assertThrows(IllegalStateException.class, loader::next);
  }

  @Test
  void thereIsNoBatchAfterTheLast() {
    try (var loader = new BatchLoader(() -> BatchLoaderTest::write, ring(2), ROWS, 0, 1, 1)) {
      loader.next().close();
      assertThrows(IllegalStateException.class, loader::next);
    }
  }

  @Test
  void batchesAreGivenBackInOrder() {
    try (var loader = new BatchLoader(() -> BatchLoaderTest::write, ring(3), ROWS, 0, 10, 1)) {
      var first = loader.next();
      var second = loader.next();
      assertThrows(IllegalStateException.class, second::close);
      first.close();
      second.close();
    }
  }

  @Test
  void waitingIsMeasured() {
    BatchLoader.RowFiller slow =
        (step, firstRow, endRow, batch) -> {
          if (firstRow == 0) {
            sleep(30);
          }
        };
    try (var loader = new BatchLoader(() -> slow, ring(2), ROWS, 0, 10, 1)) {
      assertEquals(0, loader.waitNanos());
      loader.next().close();
      assertTrue(loader.waitNanos() >= 25_000_000, "waited " + loader.waitNanos() + " ns");
      assertFalse(Thread.currentThread().isInterrupted());
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
