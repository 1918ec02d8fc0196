package dev.simclr.testing;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Memory between two pages that cannot be touched: whoever reads or writes a byte before its first
 * or after its last one ends the process.
 */
public final class GuardedMemory implements AutoCloseable {
  private static final int PROT_NONE = 0;
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;

  /** Of Linux on x86-64, and a multiple of that of most other machines. */
  private static final long PAGE = 1 << 16;

  private static final MethodHandle MMAP =
      function(
          "mmap",
          FunctionDescriptor.of(
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));
  private static final MethodHandle MPROTECT =
      function(
          "mprotect",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final MethodHandle MUNMAP =
      function(
          "munmap",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

  private final MemorySegment all;
  private final MemorySegment inside;

  /** Reserves at least so many bytes. */
  public GuardedMemory(long bytes) {
    long usable = (bytes + PAGE - 1) / PAGE * PAGE;
    try {
      MemorySegment address =
          (MemorySegment)
              MMAP.invokeExact(
                  MemorySegment.NULL, usable + 2 * PAGE, PROT_NONE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
      if (address.address() == -1) {
        throw new IllegalStateException("mmap of " + usable + " bytes failed");
      }
      all = address.reinterpret(usable + 2 * PAGE);
      inside = all.asSlice(PAGE, usable);
      int status = (int) MPROTECT.invokeExact(inside, usable, PROT_READ_WRITE);
      if (status != 0) {
        throw new IllegalStateException("mprotect failed");
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns so many bytes, before which nothing may be touched. */
  public MemorySegment afterGuard(long bytes) {
    return inside.asSlice(0, bytes);
  }

  /** Returns so many bytes, after which nothing may be touched. */
  public MemorySegment beforeGuard(long bytes) {
    return inside.asSlice(inside.byteSize() - bytes, bytes);
  }

  /** Gives the memory back; the segments must not be used any more. */
  @Override
  public void close() {
    try {
      int status = (int) MUNMAP.invokeExact(all, all.byteSize());
      if (status != 0) {
        throw new IllegalStateException("munmap failed");
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    SymbolLookup lookup = linker.defaultLookup();
    return linker.downcallHandle(lookup.findOrThrow(name), descriptor);
  }
}
