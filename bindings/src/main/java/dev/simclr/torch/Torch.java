package dev.simclr.torch;

import dev.simclr.torch.internal.NativeLibrary;
import dev.simclr.torch.internal.Preload;
import dev.simclr.torch.internal.SctContext;
import dev.simclr.torch.internal.SctCuda;
import dev.simclr.torch.internal.SctMemory;
import dev.simclr.torch.internal.SctRandom;
import dev.simclr.torch.internal.SctVersion;

/** Facts and settings of the process. */
public final class Torch {

  private Torch() {}

  /**
   * Loads the native libraries now rather than on first use.
   *
   * @throws TorchException of kind LIBRARY; its first line says why and how to fix it, the others
   *     list what was tried
   */
  public static void load() {
    NativeLibrary.load();
  }

  /**
   * Starts loading the native libraries, and linking functions that training calls, on a thread of
   * its own: half a second of work for a program that has other things to do first. The first use
   * of the libraries waits for it, links some of these functions meanwhile, and throws its failure.
   */
  public static void preload() {
    Preload.start();
  }

  /** Returns what the loader looked at and took, one step a line. */
  public static String loadTrace() {
    return NativeLibrary.trace();
  }

  /** Returns the version that the loaded libtorch states about itself, such as 2.13.0. */
  public static String version() {
    return SctVersion.torchVersion();
  }

  /** Returns facts of this build and of libtorch's: several lines, for people. */
  public static String buildInfo() {
    return SctVersion.buildInfo();
  }

  /** Returns what this processor can do. */
  public static CpuCapability cpu() {
    return CpuCapability.current();
  }

  /** Returns how many threads one operator uses. */
  public static int numThreads() {
    return SctContext.numThreads();
  }

  /**
   * Sets how many threads one operator uses. Belongs to the calling thread's team: call it on the
   * thread that computes.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public static void setNumThreads(int threads) {
    requirePositive(threads);
    SctContext.setNumThreads(threads);
  }

  /** Returns how many threads run independent operators. */
  public static int numInteropThreads() {
    return SctContext.numInteropThreads();
  }

  /**
   * Sets how many threads run independent operators; once only, before they are first used.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public static void setNumInteropThreads(int threads) {
    requirePositive(threads);
    SctContext.setNumInteropThreads(threads);
  }

  /** Runs a parallel loop and returns how many threads took part. */
  public static int parallelWidth() {
    return SctContext.parallelWidth();
  }

  /**
   * Chooses deterministic algorithms only; operators that have none fail. On CUDA this needs
   * CUBLAS_WORKSPACE_CONFIG in the environment of the process.
   */
  public static void setDeterministic(boolean deterministic) {
    SctContext.setDeterministic(deterministic);
  }

  /** Returns whether deterministic algorithms are asked for. */
  public static boolean deterministic() {
    return SctContext.deterministic();
  }

  /** Sets whether the calling thread flushes denormal numbers to zero. */
  public static void setFlushDenormal(boolean flush) {
    SctContext.setFlushDenormal(flush);
  }

  /**
   * Seeds libtorch's own generators, on all devices. Nothing in this library draws from them;
   * operators called through {@link Op} may.
   */
  public static void manualSeed(long seed) {
    SctRandom.manualSeed(seed);
  }

  /** Returns how many native handles of all kinds exist, for tests of leaks. */
  public static long liveHandles() {
    return SctMemory.liveHandles();
  }

  /** Returns whether tensors can be on a GPU. */
  public static boolean cudaAvailable() {
    return SctCuda.isAvailable();
  }

  private static void requirePositive(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: " + threads + ", must be at least 1");
    }
  }
}
