package dev.simclr.torch;

import dev.simclr.torch.internal.SharedMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Native memory that Java and tensors share without copies, such as the batches that loader threads
 * fill. It lives until it has been closed <i>and</i> no tensor refers to it, so that closing it
 * early is harmless. Any thread may use it; what happens when two write at once is up to the
 * callers.
 */
public final class NativeBuffer implements AutoCloseable {

  private static final long ALIGNMENT = 64;

  private final Arena arena;
  private final MemorySegment segment;
  private int holds;
  private boolean closed;

  private NativeBuffer(Arena arena, MemorySegment segment) {
    this.arena = arena;
    this.segment = segment;
  }

  /**
   * Allocates zeroed memory, aligned to 64 bytes.
   *
   * @throws IllegalArgumentException if {@code bytes} is negative
   */
  public static NativeBuffer allocate(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes: " + bytes + ", must not be negative");
    }
    Arena arena = Arena.ofShared();
    return new NativeBuffer(arena, arena.allocate(bytes, ALIGNMENT));
  }

  /**
   * Maps a file. Writes to the memory stay private to this process and never reach the file, which
   * must nevertheless be writable, and must not shrink while it is mapped.
   *
   * @throws IOException if the file cannot be opened or mapped
   */
  public static NativeBuffer map(Path file) throws IOException {
    Arena arena = Arena.ofShared();
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MemorySegment segment = channel.map(FileChannel.MapMode.PRIVATE, 0, channel.size(), arena);
      return new NativeBuffer(arena, segment);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Returns the memory. Using it after it has been freed throws an IllegalStateException.
   *
   * @throws IllegalStateException if this buffer is closed
   */
  public synchronized MemorySegment segment() {
    requireOpen();
    return segment;
  }

  /** Returns the size in bytes. */
  public long byteSize() {
    return segment.byteSize();
  }

  /**
   * Frees the memory as soon as no tensor refers to it. Closing again does nothing, unless the
   * memory could not be freed before: then it is freed now.
   *
   * @throws IllegalStateException if another thread is passing the memory to native code right now;
   *     the memory is still there
   */
  @Override
  public synchronized void close() {
    closed = true;
    freeIfUnused();
  }

  /** Returns whether the memory is still there: the buffer is open, or a tensor refers to it. */
  public boolean isAlive() {
    return segment.scope().isAlive();
  }

  /** Notes that a tensor refers to the memory, and returns the number to tell the tensor. */
  synchronized long hold() {
    requireOpen();
    holds++;
    return SharedMemory.hold(this::released);
  }

  private synchronized void released() {
    holds--;
    if (closed) {
      freeIfUnused();
    }
  }

  private void freeIfUnused() {
    if (holds == 0 && isAlive()) {
      arena.close();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the NativeBuffer is closed");
    }
  }
}
