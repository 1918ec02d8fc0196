package dev.simclr.torch.internal;

import dev.simclr.torch.TorchException;
import dev.simclr.torch.TorchException.Kind;
import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of status.h: turns a status into an exception. */
final class Status {

  private static final int OK = Sct.SCT_OK();

  private Status() {}

  /**
   * @throws TorchException unless the status is SCT_OK; call on the thread of the failed call,
   *     which holds the message
   */
  static void check(int status) {
    if (status != OK) {
      throw new TorchException(kind(status), text(Sct.sct_last_error()));
    }
  }

  /** Reads text that the library owns. */
  static String text(MemorySegment address) {
    return address.reinterpret(Long.MAX_VALUE).getString(0);
  }

  private static Kind kind(int status) {
    if (status == Sct.SCT_INVALID_ARGUMENT()) {
      return Kind.INVALID_ARGUMENT;
    }
    if (status == Sct.SCT_OUT_OF_MEMORY()) {
      return Kind.OUT_OF_MEMORY;
    }
    if (status == Sct.SCT_SHAPE()) {
      return Kind.SHAPE;
    }
    if (status == Sct.SCT_DEVICE()) {
      return Kind.DEVICE;
    }
    if (status == Sct.SCT_UNSUPPORTED()) {
      return Kind.UNSUPPORTED;
    }
    if (status == Sct.SCT_NOT_FOUND()) {
      return Kind.NOT_FOUND;
    }
    return Kind.OTHER;
  }
}
