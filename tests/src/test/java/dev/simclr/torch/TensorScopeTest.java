package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class TensorScopeTest {

  @Test
  void closeFreesEverythingMadeInside() {
    long before = Torch.liveHandles();
    Tensor sum;
    try (TensorScope scope = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 2, 3);
      sum = a.add(a).sum();
      assertEquals(3, scope.size());
      assertEquals(before + 3, Torch.liveHandles());
    }
    assertEquals(before, Torch.liveHandles());
    assertTrue(sum.isClosed());
  }

  @Test
  void resultsBelongToTheInnermostScope() {
    try (TensorScope outer = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 2);
      Tensor b;
      try (TensorScope inner = TensorScope.open()) {
        b = a.neg();
        assertEquals(1, inner.size());
        assertEquals(1, outer.size());
      }
      assertTrue(b.isClosed());
      assertEquals(2, a.sum().item());
    }
  }

  @Test
  void keepHandsATensorToTheOuterScope() {
    try (TensorScope outer = TensorScope.open()) {
      Tensor kept;
      try (TensorScope inner = TensorScope.open()) {
        Tensor other = Tensor.zeros(DType.FLOAT32, 1);
        kept = inner.keep(Tensor.full(7, DType.FLOAT32, 1));
        assertEquals(1, inner.size());
        assertFalse(other.isClosed());
      }
      assertEquals(7, kept.item());
      assertEquals(1, outer.size());
    }
  }

  @Test
  void keepReachesThroughNestedScopes() {
    try (TensorScope outer = TensorScope.open()) {
      Tensor kept;
      try (TensorScope middle = TensorScope.open()) {
        try (TensorScope inner = TensorScope.open()) {
          Tensor tensor = Tensor.ones(DType.FLOAT32, 1);
          kept = middle.keep(tensor);
          assertSame(tensor, kept);
          assertEquals(0, inner.size());
          assertEquals(0, middle.size());
        }
      }
      assertEquals(1, kept.item());
      assertEquals(1, outer.size());
    }
  }

  @Test
  void keepWithoutOuterScopeLeavesTheTensorToTheCaller() {
    Tensor kept;
    try (TensorScope scope = TensorScope.open()) {
      kept = scope.keep(Tensor.full(3, DType.FLOAT32, 1));
    }
    assertEquals(3, kept.item());
    kept.close();
    assertTrue(kept.isClosed());
  }

  @Test
  void keepLeavesTensorsThatOutliveTheScopeWhereTheyAre() {
    try (TensorScope outer = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 1);
      try (TensorScope inner = TensorScope.open()) {
        inner.keep(a);
      }
      assertEquals(1, outer.size());
      Tensor free = Tensor.ones(DType.FLOAT32, 1).retain();
      outer.keep(free);
      assertEquals(1, outer.size());
      free.close();
    }
  }

  @Test
  void retainTakesATensorOutOfItsScope() {
    Tensor retained;
    try (TensorScope scope = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 1);
      retained = Tensor.full(2, DType.FLOAT32, 1).retain();
      Tensor c = Tensor.zeros(DType.FLOAT32, 1);
      assertEquals(2, scope.size());
      assertEquals(1, a.item());
      assertEquals(0, c.item());
    }
    assertEquals(2, retained.item());
    assertSame(retained, retained.retain());
    retained.close();
  }

  @Test
  void tensorsCloseEarlyInAnyOrder() {
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> tensors = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        tensors.add(Tensor.full(i, DType.FLOAT32));
      }
      for (int i = 0; i < 100; i += 3) {
        tensors.get(i).close();
      }
      assertEquals(66, scope.size());
      for (int i = 0; i < 100; i++) {
        assertEquals(i % 3 == 0, tensors.get(i).isClosed());
        if (i % 3 != 0) {
          assertEquals(i, tensors.get(i).item());
        }
      }
    }
  }

  @Test
  void useAfterCloseIsAnException() {
    Tensor a;
    try (var _ = TensorScope.open()) {
      a = Tensor.ones(DType.FLOAT32, 1);
    }
    assertThrows(IllegalStateException.class, a::item);
    assertThrows(IllegalStateException.class, a::shape);
    assertThrows(IllegalStateException.class, a::retain);
    assertThrows(IllegalStateException.class, a::backward);
    assertEquals("Tensor (closed)", a.toString());
    try (TensorScope scope = TensorScope.open()) {
      Tensor b = Tensor.ones(DType.FLOAT32, 1);
      assertThrows(IllegalStateException.class, () -> b.add(a));
      assertThrows(IllegalStateException.class, () -> b.add_(a));
      assertThrows(IllegalStateException.class, () -> Tensor.cat(List.of(b, a), 0));
      assertThrows(IllegalStateException.class, () -> scope.keep(a));
      b.close();
      assertThrows(IllegalStateException.class, b::item);
    }
  }

  @Test
  void closingTwiceDoesNothing() {
    TensorScope scope = TensorScope.open();
    Tensor a = Tensor.ones(DType.FLOAT32, 1);
    scope.close();
    scope.close();
    a.close();
    a.close();
    assertThrows(IllegalStateException.class, () -> scope.keep(a));
  }

  @Test
  void withoutAScopeNothingIsMade() {
    Tensor a;
    try (var _ = TensorScope.open()) {
      a = Tensor.ones(DType.FLOAT32, 2).retain();
    }
    long before = Torch.liveHandles();
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> Tensor.ones(DType.FLOAT32, 2));
    assertTrue(e.getMessage().contains("TensorScope.open()"), e.getMessage());
    assertThrows(IllegalStateException.class, () -> a.add(a));
    assertThrows(IllegalStateException.class, () -> Tensor.of(new float[2], 2));
    assertThrows(IllegalStateException.class, () -> a.topk(1, 0, true, true));
    assertEquals(before, Torch.liveHandles());
    a.close();
  }

  @Test
  void closingAnOuterScopeClosesTheInnerOnes() {
    TensorScope outer = TensorScope.open();
    Tensor a = Tensor.ones(DType.FLOAT32, 1);
    TensorScope inner = TensorScope.open();
    Tensor b = Tensor.ones(DType.FLOAT32, 1);
    outer.close();
    assertTrue(a.isClosed());
    assertTrue(b.isClosed());
    assertFalse(TensorScope.isAnyOpen());
    assertDoesNotThrow(inner::close);
  }

  @Test
  void aFailingBodyStillFrees() {
    long before = Torch.liveHandles();
    assertThrows(
        TorchException.class,
        () -> {
          try (var _ = TensorScope.open()) {
            Tensor a = Tensor.ones(DType.FLOAT32, 2, 3);
            a.matmul(a);
          }
        });
    assertEquals(before, Torch.liveHandles());
  }

  @Test
  void aScopeAndItsTensorsBelongToOneThread() throws InterruptedException {
    try (TensorScope scope = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 1);
      assertInstanceOf(WrongThreadException.class, failureOn(Thread.ofPlatform(), scope::close));
      assertInstanceOf(WrongThreadException.class, failureOn(Thread.ofPlatform(), a::item));
      assertInstanceOf(WrongThreadException.class, failureOn(Thread.ofPlatform(), a::close));
      assertInstanceOf(
          IllegalStateException.class,
          failureOn(Thread.ofPlatform(), () -> Tensor.ones(DType.FLOAT32, 1)));
      assertEquals(1, a.item());
    }
  }

  @Test
  void aRetainedTensorMovesBetweenThreads() throws InterruptedException {
    Tensor a;
    try (var _ = TensorScope.open()) {
      a = Tensor.full(5, DType.FLOAT32, 1).retain();
    }
    Throwable failure =
        failureOn(
            Thread.ofPlatform(),
            () -> {
              try (var _ = TensorScope.open()) {
                assertEquals(10, a.add(a).item());
              }
              a.close();
            });
    assertEquals(null, failure);
    assertTrue(a.isClosed());
  }

  @Test
  void virtualThreadsAreRefused() throws InterruptedException {
    Throwable failure = failureOn(Thread.ofVirtual(), TensorScope::open);
    assertInstanceOf(IllegalStateException.class, failure);
    assertTrue(failure.getMessage().contains("platform thread"), failure.getMessage());
    try (var _ = TensorScope.open()) {
      Tensor a = Tensor.ones(DType.FLOAT32, 1).retain();
      assertInstanceOf(IllegalStateException.class, failureOn(Thread.ofVirtual(), a::item));
      assertInstanceOf(IllegalStateException.class, failureOn(Thread.ofVirtual(), a::zero_));
      assertInstanceOf(
          IllegalStateException.class, failureOn(Thread.ofVirtual(), GradMode::noGrad));
      assertInstanceOf(
          IllegalStateException.class, failureOn(Thread.ofVirtual(), Torch::liveHandles));
      a.close();
    }
  }

  private static Throwable failureOn(Thread.Builder kind, Runnable action)
      throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread =
        kind.unstarted(() -> {
          try {
            action.run();
          } catch (Throwable e) {
            failure.set(e);
          }
        });
    thread.start();
    thread.join();
    return failure.get();
  }
}
