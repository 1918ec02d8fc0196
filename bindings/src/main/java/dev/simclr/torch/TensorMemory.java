package dev.simclr.torch;

import dev.simclr.torch.internal.SctAutograd;
import dev.simclr.torch.internal.SctTensor;
import dev.simclr.torch.internal.SharedMemory;
import dev.simclr.torch.internal.TensorInfo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Set;
import java.util.function.LongSupplier;

/** How tensors and segments share memory or copy between each other. */
final class TensorMemory {

  /**
   * The classes of lifetimes that no program can end. There is no method that tells them from the
   * others, but arenas of one kind have lifetimes of one class.
   */
  private static final Set<Class<?>> UNCLOSABLE =
      Set.of(Arena.global().scope().getClass(), Arena.ofAuto().scope().getClass());

  private TensorMemory() {}

  /** Returns the part of a segment that a tensor takes up. */
  static MemorySegment slice(MemorySegment memory, long byteOffset, DType dtype, long[] shape) {
    long bytes = Math.multiplyExact(Shapes.numel(shape), dtype.byteSize());
    if (byteOffset < 0 || byteOffset % dtype.byteSize() != 0) {
      throw new IllegalArgumentException(
          "byteOffset: "
              + byteOffset
              + ", must be a multiple of "
              + dtype.byteSize()
              + " that is not negative");
    }
    if (byteOffset > memory.byteSize() - bytes) {
      throw new IllegalArgumentException(
          "shape: "
              + Arrays.toString(shape)
              + " of "
              + dtype
              + " takes "
              + bytes
              + " bytes from offset "
              + byteOffset
              + ", the memory has "
              + memory.byteSize());
    }
    return memory.asSlice(byteOffset, bytes);
  }

  /** Whether memory stays valid for as long as it is reachable. */
  static boolean isUnclosable(MemorySegment memory) {
    return UNCLOSABLE.contains(memory.scope().getClass());
  }

  static void requireUnclosable(MemorySegment memory) {
    if (!isUnclosable(memory)) {
      throw new IllegalArgumentException(
          "memory: "
              + memory
              + " belongs to an arena that can be closed while libtorch uses it: use a"
              + " NativeBuffer, or wrapUnchecked");
    }
  }

  /**
   * @throws IllegalArgumentException unless the segment is native, writable, aligned and exactly as
   *     large as the tensor
   */
  static void requireSize(MemorySegment memory, DType dtype, long[] shape) {
    if (!memory.isNative() || memory.isReadOnly()) {
      throw new IllegalArgumentException("memory: " + memory + ", must be native and writable");
    }
    long bytes = Math.multiplyExact(Shapes.numel(shape), dtype.byteSize());
    if (memory.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "memory: "
              + memory.byteSize()
              + " bytes, shape "
              + Arrays.toString(shape)
              + " of "
              + dtype
              + " takes "
              + bytes);
    }
    if (memory.address() % dtype.byteSize() != 0) {
      throw new IllegalArgumentException(
          "memory: " + memory + ", must be aligned to " + dtype.byteSize() + " bytes");
    }
  }

  /** Returns a hold that keeps the segment, and so its automatic arena, reachable. */
  static long keepReachable(MemorySegment memory) {
    return SharedMemory.hold(() -> Reference.reachabilityFence(memory));
  }

  /**
   * Makes a tensor over memory.
   *
   * @param hold takes the hold that ends when libtorch lets the memory go
   */
  static Tensor wrap(
      MemorySegment memory, long[] shape, long[] strides, DType dtype, LongSupplier hold) {
    TensorScope scope = TensorScope.current();
    long id = hold.getAsLong();
    try {
      return scope.adopt(SctTensor.wrap(memory, shape, strides, dtype.code(), id));
    } catch (RuntimeException e) {
      SharedMemory.cancel(id);
      throw e;
    }
  }

  /** Returns the elements, converted and row-major, in memory of the arena. */
  static MemorySegment read(Tensor tensor, DType dtype, Arena arena) {
    long bytes = Math.multiplyExact(tensor.numel(), dtype.byteSize());
    MemorySegment memory = arena.allocate(bytes, dtype.byteSize());
    SctTensor.read(tensor.handle(), dtype.code(), memory);
    return memory;
  }

  /** Returns a tensor's own memory as a view that ends with the scope. */
  static MemorySegment view(Tensor tensor, TensorScope scope) {
    TensorInfo info = tensor.info();
    if (Device.of(info.deviceType(), info.deviceIndex()).isCuda()) {
      throw new IllegalStateException(tensor + " is not on the CPU: copy it there first");
    }
    if (!info.contiguous() && !info.channelsLast()) {
      throw new IllegalStateException(
          tensor + " has gaps or another order in memory: call contiguous() first");
    }
    SctTensor.fixStorage(tensor.handle());
    tensor.viewed(scope);
    // A handle of the scope's own keeps the storage alive even if the tensor is closed before.
    scope.adopt(SctAutograd.detach(tensor.handle()));
    long bytes = info.numel() * DType.of(info.dtype()).byteSize();
    return SctTensor.memory(info.data(), bytes, scope.views());
  }
}
