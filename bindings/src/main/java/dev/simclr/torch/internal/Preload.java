package dev.simclr.torch.internal;

import dev.simclr.torch.TorchException;
import dev.simclr.torch.internal.ffm.Sct;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Loads the native libraries ahead of their first use, and links functions ahead of their first
 * call, on a thread of its own.
 */
public final class Preload {
  /**
   * Functions that a step of training calls, of different native types. Linking one takes
   * milliseconds, during which the JVM generates classes; it keeps them for all functions of that
   * type.
   */
  private static final List<Supplier<MethodHandle>> FUNCTIONS =
      List.of(
          Sct::sct_empty$handle,
          Sct::sct_full$handle,
          Sct::sct_zeros$handle,
          Sct::sct_uniform_$handle,
          Sct::sct_set_requires_grad$handle,
          Sct::sct_tensor_describe$handle,
          Sct::sct_tensor_wrap$handle,
          Sct::sct_tensor_free$handle,
          Sct::sct_to$handle,
          Sct::sct_augment$handle,
          Sct::sct_grad_mode_enter$handle,
          Sct::sct_autocast_enter$handle,
          Sct::sct_conv2d$handle,
          Sct::sct_batch_norm_relu$handle,
          Sct::sct_batch_norm$handle,
          Sct::sct_adaptive_avg_pool2d$handle,
          Sct::sct_linear$handle,
          Sct::sct_nt_xent$handle,
          Sct::sct_backward$handle,
          Sct::sct_sgd_step$handle);

  private static final AtomicBoolean STARTED = new AtomicBoolean();

  private Preload() {}

  /** Starts, the first time; returns at once. */
  public static void start() {
    if (!STARTED.compareAndSet(false, true)) {
      return;
    }
    Thread loading = Thread.ofPlatform().daemon().name("simclr-preload").start(Preload::run);
    // The end of a process runs destructors of libraries, which must not be half constructed then.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> finish(loading), "simclr-preload-end"));
  }

  private static void finish(Thread loading) {
    loading.interrupt();
    try {
      loading.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void run() {
    try {
      NativeLibrary.load();
    } catch (TorchException e) {
      // NativeLibrary has kept it for the first use, which throws it where somebody can answer it.
      return;
    }
    for (Supplier<MethodHandle> function : FUNCTIONS) {
      if (Thread.interrupted()) {
        return;
      }
      function.get();
    }
  }
}
