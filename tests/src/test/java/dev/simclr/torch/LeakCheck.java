package dev.simclr.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.simclr.torch.internal.SharedMemory;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test that leaves native handles, wrapped memory or an open scope behind. */
public final class LeakCheck implements BeforeEachCallback, AfterEachCallback {

  private record Counts(long handles, int holds) {
    static Counts now() {
      return new Counts(Torch.liveHandles(), SharedMemory.holds());
    }
  }

  private static final ExtensionContext.Namespace NAMESPACE =
      ExtensionContext.Namespace.create(LeakCheck.class);

  @Override
  public void beforeEach(ExtensionContext context) {
    context.getStore(NAMESPACE).put(context.getUniqueId(), Counts.now());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Counts before = context.getStore(NAMESPACE).get(context.getUniqueId(), Counts.class);
    assertFalse(TensorScope.isAnyOpen(), "the test left a scope open");
    assertEquals(before, Counts.now(), "live native handles and holds of shared memory");
  }
}
