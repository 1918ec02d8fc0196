package dev.simclr.torch.internal;

/** The threads that may call native code. */
public final class NativeThread {

  private NativeThread() {}

  /**
   * Loads the native library on first use.
   *
   * @throws IllegalStateException on a virtual thread
   * @throws dev.simclr.torch.TorchException of kind LIBRARY if the library cannot be loaded
   */
  public static void require() {
    CallFrame.open();
  }
}
