package dev.simclr.embed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class MicroBatcherTest {
  private final List<Integer> passes = new ArrayList<>();

  /** A network with one value a view and one feature: ten times the value. */
  private float[] timesTen(List<float[]> views) {
    int rows = views.stream().mapToInt(v -> v.length).sum();
    passes.add(rows);
    float[] result = new float[rows];
    int next = 0;
    for (float[] request : views) {
      for (float value : request) {
        result[next++] = 10 * value;
      }
    }
    return result;
  }

  private static CompletableFuture<float[]> ask(MicroBatcher batcher, float... views) {
    batcher.announce(views.length);
    return batcher.submit(views, views.length);
  }

  @Test
  void requestsAreBatchedInOrderUpToTheMaximumAndNeverSplit() throws Exception {
    MicroBatcher batcher = new MicroBatcher(4, Duration.ofSeconds(10));
    var a = ask(batcher, 1);
    var b = ask(batcher, 2, 3);
    var c = ask(batcher, 4, 5);
    var d = ask(batcher, 6, 7, 8, 9);
    for (int i = 0; i < 4; i++) {
      batcher.runBatch(this::timesTen);
    }
    assertEquals(List.of(3, 2, 4), passes);
    assertEquals(3, batcher.passes());
    assertArrayEquals(new float[] {10}, a.get());
    assertArrayEquals(new float[] {20, 30}, b.get());
    assertArrayEquals(new float[] {40, 50}, c.get());
    assertArrayEquals(new float[] {60, 70, 80, 90}, d.get());
  }

  @Test
  void aFullBatchAndALoneCallerDoNotWait() {
    MicroBatcher batcher = new MicroBatcher(2, Duration.ofHours(1));
    ask(batcher, 1);
    batcher.runBatch(this::timesTen);
    batcher.announce(1); // Never comes: the hour would pass, and the test's time would be up.
    ask(batcher, 1, 2);
    batcher.runBatch(this::timesTen);
    assertEquals(List.of(1, 2), passes);
  }

  @Test
  void aBatchWaitsForViewsThatAreBeingPrepared() throws Exception {
    MicroBatcher batcher = new MicroBatcher(8, Duration.ofHours(1));
    batcher.announce(1);
    var first = ask(batcher, 1);
    Thread compute = Thread.ofPlatform().start(() -> batcher.runBatch(this::timesTen));
    while (compute.getState() != Thread.State.TIMED_WAITING) {
      Thread.sleep(1);
    }
    assertFalse(first.isDone());
    var second = batcher.submit(new float[] {2}, 1);
    compute.join();
    assertEquals(List.of(2), passes);
    assertArrayEquals(new float[] {20}, second.get());
  }

  @Test
  void aWaitEndsWhenItsTimeIsUpOrNothingIsPreparedAnyMore() throws Exception {
    MicroBatcher brief = new MicroBatcher(8, Duration.ofMillis(5));
    brief.announce(1);
    assertArrayEquals(new float[] {10}, runAndGet(brief, ask(brief, 1)));

    MicroBatcher patient = new MicroBatcher(8, Duration.ofHours(1));
    patient.announce(1);
    var asked = ask(patient, 1);
    Thread compute = Thread.ofPlatform().start(() -> patient.runBatch(this::timesTen));
    patient.withdraw(1);
    compute.join();
    assertArrayEquals(new float[] {10}, asked.get());
  }

  private float[] runAndGet(MicroBatcher batcher, CompletableFuture<float[]> asked)
      throws Exception {
    batcher.runBatch(this::timesTen);
    return asked.get();
  }

  @Test
  void aFailureReachesAllOfItsBatchAndNobodyElse() throws Exception {
    MicroBatcher batcher = new MicroBatcher(2, Duration.ZERO);
    var a = ask(batcher, 1);
    var b = ask(batcher, 2);
    var c = ask(batcher, 3);
    IllegalStateException planted = new IllegalStateException("planted");
    batcher.runBatch(views -> {
      throw planted;
    });
    batcher.runBatch(this::timesTen);
    assertSame(planted, assertThrows(ExecutionException.class, a::get).getCause());
    assertSame(planted, assertThrows(ExecutionException.class, b::get).getCause());
    assertArrayEquals(new float[] {30}, c.get());
  }

  @Test
  void callersWaitForRoom() throws Exception {
    MicroBatcher batcher = new MicroBatcher(1, Duration.ZERO);
    for (int i = 0; i < 4; i++) {
      ask(batcher, i);
    }
    Thread fifth = Thread.ofVirtual().start(() -> ask(batcher, 4));
    assertFalse(fifth.join(Duration.ofMillis(50)), "four batches are ready, a fifth waits");
    batcher.runBatch(this::timesTen);
    fifth.join();
    assertEquals(4, batcher.waitingViews());
    var abandoned = new ArrayList<Thread>();
    abandoned.add(
        Thread.ofVirtual()
            .start(() -> {
              CompletableFuture<float[]> asked = ask(batcher, 5);
              batcher.abandon(asked);
            }));
    batcher.runBatch(this::timesTen);
    abandoned.getFirst().join();
    assertEquals(3, batcher.waitingViews());
    assertTrue(Thread.ofVirtual().start(() -> ask(batcher, 6)).join(Duration.ofSeconds(20)));
  }
}
