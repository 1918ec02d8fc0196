package dev.simclr.torch.internal;

import dev.simclr.torch.TorchException;
import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Loads the native libraries ahead of their first use, and links functions ahead of their first
 * call, on threads of its own.
 */
public final class Preload {
  /**
   * Functions that a step of training calls, of different native types. Linking one takes
   * milliseconds, during which the JVM generates classes; it keeps them for all functions of that
   * type, and needs no library for that.
   */
  static final List<Function> FUNCTIONS =
      List.of(
          new Function("IPLIIIIP", Sct::sct_empty$handle, Sct::sct_empty$descriptor),
          new Function("IPLDIIIP", Sct::sct_full$handle, Sct::sct_full$descriptor),
          new Function("IPLIIIP", Sct::sct_zeros$handle, Sct::sct_zeros$descriptor),
          new Function("IPDDL", Sct::sct_uniform_$handle, Sct::sct_uniform_$descriptor),
          new Function(
              "IPB", Sct::sct_set_requires_grad$handle, Sct::sct_set_requires_grad$descriptor),
          new Function("IPP", Sct::sct_tensor_describe$handle, Sct::sct_tensor_describe$descriptor),
          new Function("IPLPPLILP", Sct::sct_tensor_wrap$handle, Sct::sct_tensor_wrap$descriptor),
          new Function("IPL", Sct::sct_tensor_free$handle, Sct::sct_tensor_free$descriptor),
          new Function("IPIIIIBBP", Sct::sct_to$handle, Sct::sct_to$descriptor),
          new Function("IPPLPL", Sct::sct_augment$handle, Sct::sct_augment$descriptor),
          new Function("IBP", Sct::sct_grad_mode_enter$handle, Sct::sct_grad_mode_enter$descriptor),
          new Function("IIIBP", Sct::sct_autocast_enter$handle, Sct::sct_autocast_enter$descriptor),
          new Function("IPPPPPPLP", Sct::sct_conv2d$handle, Sct::sct_conv2d$descriptor),
          new Function(
              "IPPPPPPBDDP", Sct::sct_batch_norm_relu$handle, Sct::sct_batch_norm_relu$descriptor),
          new Function("IPPPPPBDDP", Sct::sct_batch_norm$handle, Sct::sct_batch_norm$descriptor),
          new Function(
              "IPLLP",
              Sct::sct_adaptive_avg_pool2d$handle,
              Sct::sct_adaptive_avg_pool2d$descriptor),
          new Function("IPPPP", Sct::sct_linear$handle, Sct::sct_linear$descriptor),
          new Function("IPDPPP", Sct::sct_nt_xent$handle, Sct::sct_nt_xent$descriptor),
          new Function("IPPB", Sct::sct_backward$handle, Sct::sct_backward$descriptor),
          new Function("IPPLDDDB", Sct::sct_sgd_step$handle, Sct::sct_sgd_step$descriptor));

  private static final AtomicBoolean STARTED = new AtomicBoolean();

  /**
   * A function and its native type. What the bindings declare cannot be asked for it before the
   * library is there, since they look for the address at the same time.
   *
   * @param type of the result and of the parameters, a letter each: I int, L long, D double, B
   *     bool, P pointer
   * @param handle links the function and returns its handle
   * @param declared the type that the bindings have; it is the same
   */
  record Function(
      String type, Supplier<MethodHandle> handle, Supplier<FunctionDescriptor> declared) {

    /** The type as the linker wants it. */
    FunctionDescriptor descriptor() {
      MemoryLayout[] layouts = type.chars().mapToObj(Function::layout).toArray(MemoryLayout[]::new);
      return FunctionDescriptor.of(layouts[0], Arrays.copyOfRange(layouts, 1, layouts.length));
    }

    private static MemoryLayout layout(int letter) {
      return switch (letter) {
        case 'I' -> Sct.C_INT;
        case 'L' -> Sct.C_LONG;
        case 'D' -> Sct.C_DOUBLE;
        case 'B' -> Sct.C_BOOL;
        case 'P' -> Sct.C_POINTER;
        default -> throw new IllegalArgumentException("type is " + (char) letter);
      };
    }

    private void linkType() {
      Linker.nativeLinker().downcallHandle(descriptor());
    }
  }

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

  private static void linkTypes() {
    FUNCTIONS.stream().skip(1).forEach(Function::linkType);
  }

  private static void run() {
    // The first before the load: the JVM finds its own native methods on their first call, for
    // which the dynamic loader has a lock that it holds as long as it loads a library.
    FUNCTIONS.getFirst().linkType();
    Thread.ofPlatform().daemon().name("simclr-link").start(Preload::linkTypes);
    try {
      NativeLibrary.load();
    } catch (TorchException e) {
      // NativeLibrary has kept it for the first use, which throws it where somebody can answer it.
      return;
    }
    for (Function function : FUNCTIONS) {
      if (Thread.interrupted()) {
        return;
      }
      function.handle().get();
    }
  }
}
