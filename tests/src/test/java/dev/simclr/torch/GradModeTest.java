package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class GradModeTest {

  private static boolean records() {
    try (var _ = TensorScope.open()) {
      return Tensor.ones(DType.FLOAT32, 1).requiresGrad(true).mul(2).requiresGrad();
    }
  }

  @Test
  void guardsNestAndRestoreWhatWas() {
    assertTrue(GradMode.isEnabled() && records());
    try (var _ = GradMode.noGrad()) {
      assertFalse(GradMode.isEnabled() || records());
      try (var _ = GradMode.enableGrad()) {
        assertTrue(GradMode.isEnabled() && records());
        try (var _ = GradMode.noGrad()) {
          assertFalse(records());
        }
        assertTrue(records());
      }
      assertFalse(records());
      try (var _ = GradMode.noGrad()) {
        assertFalse(records());
      }
      assertFalse(records(), "the inner guard restores no more than it changed");
    }
    assertTrue(GradMode.isEnabled() && records());
  }

  @Test
  void anExceptionLeavesTheModeToo() {
    assertThrows(
        TorchException.class,
        () -> {
          try (var _ = TensorScope.open();
              var _ = GradMode.noGrad()) {
            Tensor.ones(DType.FLOAT32, 2).view(3);
          }
        });
    assertTrue(GradMode.isEnabled() && records());
  }

  @Test
  void whatInferenceMakesCannotBeRecordedLater() {
    try (var _ = TensorScope.open()) {
      Tensor w = Tensor.ones(DType.FLOAT32, 1).requiresGrad(true);
      Tensor made;
      try (var _ = GradMode.inference()) {
        assertFalse(GradMode.isEnabled());
        made = w.mul(2);
        assertFalse(made.requiresGrad());
      }
      assertTrue(GradMode.isEnabled());
      Tensor inner = made;
      TorchException e = assertThrows(TorchException.class, () -> w.mul(inner));
      assertTrue(e.getMessage().contains("nference"), e.getMessage());
      // A copy is an ordinary tensor.
      assertTrue(w.mul(made.copy()).requiresGrad());
    }
  }

  @Test
  void eachThreadHasItsOwnMode() throws InterruptedException {
    AtomicBoolean there = new AtomicBoolean();
    try (var _ = GradMode.noGrad()) {
      Thread thread = new Thread(() -> there.set(GradMode.isEnabled()));
      thread.start();
      thread.join();
    }
    assertTrue(there.get());
  }

  @Test
  void guardsCloseInReverseOrderOnTheirThread() throws InterruptedException {
    Guard outer = GradMode.noGrad();
    Guard inner = GradMode.enableGrad();
    var e = assertThrows(IllegalStateException.class, outer::close);
    assertTrue(e.getMessage().contains("taken later"), e.getMessage());
    assertTrue(records(), "the refused close changed nothing");
    AtomicReference<Throwable> elsewhere = new AtomicReference<>();
    Thread thread =
        new Thread(() -> {
          try {
            inner.close();
          } catch (RuntimeException refused) {
            elsewhere.set(refused);
          }
        });
    thread.start();
    thread.join();
    assertInstanceOf(WrongThreadException.class, elsewhere.get());
    inner.close();
    assertFalse(records());
    outer.close();
    assertTrue(records());
    inner.close();
    outer.close();
    assertTrue(records(), "closing again does nothing");
  }

  @Test
  void virtualThreadsAreRefused() throws InterruptedException {
    AtomicReference<Throwable> refused = new AtomicReference<>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try (var _ = GradMode.noGrad()) {
                refused.set(null);
              } catch (IllegalStateException e) {
                refused.set(e);
              }
            });
    thread.join();
    assertInstanceOf(IllegalStateException.class, refused.get());
    assertTrue(refused.get().getMessage().contains("virtual thread"));
    assertEquals(true, records());
  }
}
