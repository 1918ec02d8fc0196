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
 * call. The load has a thread of its own; who waits for it links types of functions meanwhile, and
 * not before, since both take the processor.
 */
public final class Preload {
  /**
   * Functions that a step of training calls, of different native types. Linking one takes
   * milliseconds, during which the JVM generates classes; it keeps them for all functions of that
   * type, and needs no library for that.
   */
  static final List<Function> FUNCTIONS =
      List.of(
          new Function("empty", "IPLIIIIP", Sct::sct_empty$handle),
          new Function("full", "IPLDIIIP", Sct::sct_full$handle),
          new Function("zeros", "IPLIIIP", Sct::sct_zeros$handle),
          new Function("uniform_", "IPDDL", Sct::sct_uniform_$handle),
          new Function("set_requires_grad", "IPB", Sct::sct_set_requires_grad$handle),
          new Function("tensor_describe", "IPP", Sct::sct_tensor_describe$handle),
          new Function("tensor_wrap", "IPLPPLILP", Sct::sct_tensor_wrap$handle),
          new Function("tensor_free", "IPL", Sct::sct_tensor_free$handle),
          new Function("to", "IPIIIIBBP", Sct::sct_to$handle),
          new Function("augment", "IPPLPL", Sct::sct_augment$handle),
          new Function("grad_mode_enter", "IBP", Sct::sct_grad_mode_enter$handle),
          new Function("autocast_enter", "IIIBP", Sct::sct_autocast_enter$handle),
          new Function("conv2d", "IPPPPPPLP", Sct::sct_conv2d$handle),
          new Function("batch_norm_relu", "IPPPPPPBDDP", Sct::sct_batch_norm_relu$handle),
          new Function("batch_norm", "IPPPPPBDDP", Sct::sct_batch_norm$handle),
          new Function("adaptive_avg_pool2d", "IPLLP", Sct::sct_adaptive_avg_pool2d$handle),
          new Function("linear", "IPPPP", Sct::sct_linear$handle),
          new Function("nt_xent", "IPDPPP", Sct::sct_nt_xent$handle),
          new Function("backward", "IPPB", Sct::sct_backward$handle),
          new Function("sgd_step", "IPPLPLPDB", Sct::sct_sgd_step$handle));

  private static final AtomicBoolean STARTED = new AtomicBoolean();

  /** Whether types may be linked now, and nobody has begun to. */
  private static final AtomicBoolean LINKABLE = new AtomicBoolean();

  /**
   * A function and its native type. What the bindings declare cannot be asked for it before the
   * library is there, since they look for the address at the same time.
   *
   * @param name without the prefix that all have
   * @param type of the result and of the parameters, a letter each: I int, L long, D double, B
   *     bool, P pointer
   * @param handle links the function and returns its handle
   */
  record Function(String name, String type, Supplier<MethodHandle> handle) {

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

  /** Links types of functions until the libraries are there, if they are being loaded. */
  static void linkMeanwhile() {
    if (LINKABLE.compareAndSet(true, false)) {
      for (Function function : FUNCTIONS) {
        if (NativeLibrary.settled()) {
          return;
        }
        function.linkType();
      }
    }
  }

  private static void run() {
    try {
      // The generated classes, whose initializers would fail for good, need it before the load.
      NativeLibrary.requireNativeAccess(new SearchTrace());
      // One type before the load: the JVM finds its own native methods on their first call, for
      // which the dynamic loader has a lock that it holds as long as it loads a library.
      FUNCTIONS.getFirst().linkType();
      LINKABLE.set(true);
      NativeLibrary.load();
    } catch (TorchException e) {
      // The first use fails likewise, where somebody can answer it.
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
