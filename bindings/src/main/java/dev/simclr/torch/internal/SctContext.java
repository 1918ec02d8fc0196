package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;

/** Calls of context.h. */
public final class SctContext {

  private SctContext() {}

  public static void setNumThreads(int threads) {
    CallFrame.open();
    Status.check(Sct.sct_set_num_threads(threads));
  }

  public static int numThreads() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_num_threads(frame.out(0)));
    return frame.int32(0);
  }

  public static void setNumInteropThreads(int threads) {
    CallFrame.open();
    Status.check(Sct.sct_set_num_interop_threads(threads));
  }

  public static int numInteropThreads() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_num_interop_threads(frame.out(0)));
    return frame.int32(0);
  }

  public static int parallelWidth() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_parallel_width(frame.out(0)));
    return frame.int32(0);
  }

  public static void setDeterministic(boolean deterministic) {
    CallFrame.open();
    Status.check(Sct.sct_set_deterministic(deterministic));
  }

  public static boolean deterministic() {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_deterministic(frame.out(0)));
    return frame.bool(0);
  }

  public static void setAllowTf32(boolean allowed) {
    CallFrame.open();
    Status.check(Sct.sct_set_allow_tf32(allowed));
  }

  public static void setCudnnBenchmark(boolean enabled) {
    CallFrame.open();
    Status.check(Sct.sct_set_cudnn_benchmark(enabled));
  }

  public static void setFlushDenormal(boolean enabled) {
    CallFrame.open();
    Status.check(Sct.sct_set_flush_denormal(enabled));
  }
}
