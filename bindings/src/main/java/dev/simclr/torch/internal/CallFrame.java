package dev.simclr.torch.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * The memory of a thread's native calls: cells for results and copies of array arguments. One block
 * for each thread, used again by every call, since an allocation for each call would cost several
 * times the call.
 *
 * <p>Every native call opens it first. That is also where virtual threads are refused, since
 * libtorch keeps modes and streams for each carrier thread, and where the library is loaded on
 * first use.
 */
final class CallFrame {

  private static final ThreadLocal<CallFrame> FRAMES = ThreadLocal.withInitial(CallFrame::new);

  private static final int CELLS = 4;
  private static final long CELL_BYTES = Long.BYTES;
  private static final long INITIAL_BYTES = 4096;
  private static final long ALIGNMENT = 16;

  private final MemorySegment[] cells = new MemorySegment[CELLS];
  private MemorySegment block;
  private long used;

  private CallFrame() {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException(
          "libtorch was called on a virtual thread, which shares its native thread-local modes with"
              + " other virtual threads: call it on a platform thread");
    }
    NativeLibrary.load();
    Arena arena = Arena.ofAuto();
    for (int i = 0; i < CELLS; i++) {
      cells[i] = arena.allocate(CELL_BYTES, CELL_BYTES);
    }
    block = arena.allocate(INITIAL_BYTES, ALIGNMENT);
  }

  /**
   * Returns the frame of this thread, empty. What an earlier call left in it is gone.
   *
   * @throws IllegalStateException on a virtual thread
   * @throws dev.simclr.torch.TorchException if the library cannot be loaded
   */
  static CallFrame open() {
    CallFrame frame = FRAMES.get();
    frame.used = 0;
    return frame;
  }

  /** Returns result cell {@code i}, of 8 bytes. */
  MemorySegment out(int i) {
    return cells[i];
  }

  MemorySegment handle(int i) {
    return MemorySegment.ofAddress(cells[i].get(ValueLayout.JAVA_LONG, 0));
  }

  boolean bool(int i) {
    return cells[i].get(ValueLayout.JAVA_BOOLEAN, 0);
  }

  int int32(int i) {
    return cells[i].get(ValueLayout.JAVA_INT, 0);
  }

  long int64(int i) {
    return cells[i].get(ValueLayout.JAVA_LONG, 0);
  }

  double float64(int i) {
    return cells[i].get(ValueLayout.JAVA_DOUBLE, 0);
  }

  String text(int i) {
    return Status.text(handle(i));
  }

  /** Returns a copy, or NULL for an empty array, which for dimensions to reduce means all. */
  MemorySegment longs(long[] values) {
    if (values.length == 0) {
      return MemorySegment.NULL;
    }
    MemorySegment copy = allocate((long) values.length * Long.BYTES);
    MemorySegment.copy(values, 0, copy, ValueLayout.JAVA_LONG, 0, values.length);
    return copy;
  }

  MemorySegment handles(MemorySegment[] values) {
    MemorySegment copy = pointers(values.length);
    for (int i = 0; i < values.length; i++) {
      copy.setAtIndex(ValueLayout.ADDRESS, i, values[i]);
    }
    return copy;
  }

  /** Returns uninitialised room for that many pointers. */
  MemorySegment pointers(int count) {
    return allocate(count * ValueLayout.ADDRESS.byteSize());
  }

  /** Returns the text as C has it, UTF-8 with a zero byte at the end. */
  MemorySegment string(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("text for native code must not contain NUL: " + text);
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    MemorySegment copy = allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, copy, ValueLayout.JAVA_BYTE, 0, bytes.length);
    copy.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
    return copy;
  }

  /** Returns uninitialised memory, good until the frame is opened again. */
  MemorySegment allocate(long bytes) {
    long start = (used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (bytes > block.byteSize() - start) {
      // What this call took from the old block keeps that block alive.
      block = Arena.ofAuto().allocate(Math.max(2 * block.byteSize(), bytes), ALIGNMENT);
      start = 0;
    }
    used = start + bytes;
    return block.asSlice(start, bytes);
  }
}
