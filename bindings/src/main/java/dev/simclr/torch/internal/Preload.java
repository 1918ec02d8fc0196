package dev.simclr.torch.internal;

import dev.simclr.torch.TorchException;
import dev.simclr.torch.internal.ffm.Sct;
import java.lang.invoke.MethodHandle;
import java.util.List;
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

  private Preload() {}

  /** Starts; returns at once. */
  public static void start() {
    Thread.ofPlatform().daemon().name("simclr-preload").start(Preload::run);
  }

  private static void run() {
    try {
      NativeLibrary.load();
    } catch (TorchException e) {
      // NativeLibrary has kept it for the first use, which throws it where somebody can answer it.
      return;
    }
    FUNCTIONS.forEach(Supplier::get);
  }
}
