package dev.simclr.torch;

import dev.simclr.torch.internal.SctCuda;
import dev.simclr.torch.internal.SctDType;
import dev.simclr.torch.internal.SctDevice;
import dev.simclr.torch.internal.SctPointwise;
import dev.simclr.torch.internal.SctShape;
import dev.simclr.torch.internal.SctTensor;
import dev.simclr.torch.internal.SharedMemory;
import dev.simclr.torch.internal.TensorInfo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A tensor of libtorch.
 *
 * <p><b>Ownership.</b> Every method that returns a tensor makes a new handle, also where it shares
 * storage with an argument, and the innermost {@link TensorScope} of the thread owns it; with no
 * scope open the call throws an {@link IllegalStateException} and does nothing. Methods whose name
 * ends in an underscore change the tensor and return it. A tensor in a scope belongs to the scope's
 * thread; one that was taken out with {@link #retain} may move between platform threads, one at a
 * time.
 *
 * <p><b>Errors.</b> Every method throws {@link IllegalStateException} if this tensor or an argument
 * is closed, {@link WrongThreadException} if it belongs to another thread's scope, and {@link
 * TorchException} if libtorch refuses the operation.
 *
 * <p>Operators have PyTorch's names, semantics, broadcasting and type promotion. Shapes are written
 * {@code [N, C, H, W]}; a negative dimension counts from the end; a 0-dim tensor has shape {@code
 * []}. Factories make CPU tensors.
 */
public final class Tensor
    implements AutoCloseable,
        TensorAutograd,
        TensorPointwise,
        TensorCompare,
        TensorReduce,
        TensorShape,
        TensorIndex,
        TensorLinalg {

  private MemorySegment handle;
  private TensorScope scope;
  private int slot = -1;
  private TensorScope viewer;

  Tensor(MemorySegment handle) {
    this.handle = handle;
  }

  /** Returns a tensor with arbitrary elements. */
  public static Tensor empty(DType dtype, long... shape) {
    return empty(dtype, Device.CPU, MemoryFormat.CONTIGUOUS, shape);
  }

  /**
   * Returns a tensor with arbitrary elements.
   *
   * @param format CONTIGUOUS, or CHANNELS_LAST for four dimensions
   */
  public static Tensor empty(DType dtype, Device device, MemoryFormat format, long... shape) {
    Shapes.numel(shape);
    return TensorScope.current()
        .adopt(
            SctTensor.empty(
                shape, dtype.code(), device.kindCode(), device.indexCode(), format.code()));
  }

  /** Returns zeros. */
  public static Tensor zeros(DType dtype, long... shape) {
    return zeros(dtype, Device.CPU, shape);
  }

  /** Returns zeros. */
  public static Tensor zeros(DType dtype, Device device, long... shape) {
    Shapes.numel(shape);
    return TensorScope.current()
        .adopt(SctTensor.zeros(shape, dtype.code(), device.kindCode(), device.indexCode()));
  }

  /** Returns ones. */
  public static Tensor ones(DType dtype, long... shape) {
    return ones(dtype, Device.CPU, shape);
  }

  /** Returns ones. */
  public static Tensor ones(DType dtype, Device device, long... shape) {
    Shapes.numel(shape);
    return TensorScope.current()
        .adopt(SctTensor.ones(shape, dtype.code(), device.kindCode(), device.indexCode()));
  }

  /** Returns a tensor whose elements are all {@code value}. */
  public static Tensor full(double value, DType dtype, long... shape) {
    return full(value, dtype, Device.CPU, shape);
  }

  /** Returns a tensor whose elements are all {@code value}. */
  public static Tensor full(double value, DType dtype, Device device, long... shape) {
    Shapes.numel(shape);
    return TensorScope.current()
        .adopt(SctTensor.full(shape, value, dtype.code(), device.kindCode(), device.indexCode()));
  }

  /** Returns 0, 1, ..., n - 1, of shape {@code [n]}. */
  public static Tensor arange(long n, DType dtype) {
    return arange(0, n, 1, dtype);
  }

  /** Returns start, start + step, ... below {@code end} (above it for a negative step). */
  public static Tensor arange(double start, double end, double step, DType dtype) {
    return TensorScope.current()
        .adopt(
            SctTensor.arange(
                start, end, step, dtype.code(), Device.CPU.kindCode(), Device.CPU.indexCode()));
  }

  /** Returns the identity matrix, of shape {@code [n, n]}. */
  public static Tensor eye(long n, DType dtype) {
    return TensorScope.current()
        .adopt(SctTensor.eye(n, dtype.code(), Device.CPU.kindCode(), Device.CPU.indexCode()));
  }

  /** Returns a 0-dim tensor. */
  public static Tensor scalar(double value, DType dtype) {
    return full(value, dtype);
  }

  /**
   * Copies row-major data into a FLOAT32 tensor.
   *
   * @throws IllegalArgumentException if the shape does not have as many elements as the data
   */
  public static Tensor of(float[] data, long... shape) {
    Shapes.requireNumel(data.length, shape);
    return fromArray(MemorySegment.ofArray(data), DType.FLOAT32, shape);
  }

  /**
   * Copies row-major data into a FLOAT64 tensor.
   *
   * @throws IllegalArgumentException if the shape does not have as many elements as the data
   */
  public static Tensor of(double[] data, long... shape) {
    Shapes.requireNumel(data.length, shape);
    return fromArray(MemorySegment.ofArray(data), DType.FLOAT64, shape);
  }

  /**
   * Copies row-major data into an INT64 tensor.
   *
   * @throws IllegalArgumentException if the shape does not have as many elements as the data
   */
  public static Tensor of(long[] data, long... shape) {
    Shapes.requireNumel(data.length, shape);
    return fromArray(MemorySegment.ofArray(data), DType.INT64, shape);
  }

  /**
   * Copies row-major data into an INT32 tensor.
   *
   * @throws IllegalArgumentException if the shape does not have as many elements as the data
   */
  public static Tensor of(int[] data, long... shape) {
    Shapes.requireNumel(data.length, shape);
    return fromArray(MemorySegment.ofArray(data), DType.INT32, shape);
  }

  /**
   * Copies row-major data into a UINT8 tensor; the bytes count as unsigned.
   *
   * @throws IllegalArgumentException if the shape does not have as many elements as the data
   */
  public static Tensor of(byte[] data, long... shape) {
    Shapes.requireNumel(data.length, shape);
    return fromArray(MemorySegment.ofArray(data), DType.UINT8, shape);
  }

  /**
   * Returns {@code whenTrue} where the BOOL {@code condition} is true and {@code whenFalse}
   * elsewhere.
   */
  static Tensor where(Tensor condition, Tensor whenTrue, Tensor whenFalse) {
    return TensorScope.current()
        .adopt(SctPointwise.where(condition.handle(), whenTrue.handle(), whenFalse.handle()));
  }

  /**
   * Returns a copy of the tensors joined along {@code dim}.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Tensor cat(List<Tensor> tensors, long dim) {
    return TensorScope.current().adopt(SctShape.cat(handles(tensors), dim));
  }

  /**
   * Returns a copy of the tensors, of one shape, joined along a new dimension {@code dim}.
   *
   * @throws IllegalArgumentException if there are none
   */
  public static Tensor stack(List<Tensor> tensors, long dim) {
    return TensorScope.current().adopt(SctShape.stack(handles(tensors), dim));
  }

  private static MemorySegment[] handles(List<Tensor> tensors) {
    if (tensors.isEmpty()) {
      throw new IllegalArgumentException("tensors: none, must be at least one");
    }
    return tensors.stream().map(Tensor::handle).toArray(MemorySegment[]::new);
  }

  private static Tensor fromArray(MemorySegment data, DType dtype, long[] shape) {
    TensorScope scope = TensorScope.current();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(data.byteSize(), dtype.byteSize());
      copy.copyFrom(data);
      return scope.adopt(SctTensor.fromData(copy, shape, dtype.code()));
    }
  }

  /**
   * Returns a row-major tensor over a part of a buffer, without a copy. The buffer's memory lives
   * until libtorch no longer uses it, also if the buffer is closed before.
   *
   * @param byteOffset where the first element is; a multiple of the element size
   * @throws IllegalArgumentException if the tensor does not lie within the buffer
   */
  public static Tensor wrap(NativeBuffer buffer, long byteOffset, DType dtype, long... shape) {
    MemorySegment memory = TensorMemory.slice(buffer.segment(), byteOffset, dtype, shape);
    return TensorMemory.wrap(memory, shape, new long[0], dtype, buffer::hold);
  }

  /**
   * Returns a channels-last tensor over a part of a buffer, without a copy: the memory is N, H, W,
   * C, the shape {@code [n, c, h, w]}. The rest is as in {@link #wrap(NativeBuffer, long, DType,
   * long...)}.
   */
  public static Tensor wrapChannelsLast(
      NativeBuffer buffer, long byteOffset, DType dtype, long n, long c, long h, long w) {
    long[] shape = {n, c, h, w};
    MemorySegment memory = TensorMemory.slice(buffer.segment(), byteOffset, dtype, shape);
    long[] strides = {h * w * c, 1, w * c, c};
    return TensorMemory.wrap(memory, shape, strides, dtype, buffer::hold);
  }

  /**
   * Returns a row-major tensor over native memory of the global arena or an automatic one, without
   * a copy. The segment stays reachable, and so valid, until libtorch no longer uses it.
   *
   * @throws IllegalArgumentException if the segment is on the heap, read-only, of an arena that can
   *     be closed (use {@link NativeBuffer}), or of another size than the tensor needs
   */
  public static Tensor wrap(MemorySegment memory, DType dtype, long... shape) {
    TensorMemory.requireUnclosable(memory);
    TensorMemory.requireSize(memory, dtype, shape);
    return TensorMemory.wrap(
        memory, shape, new long[0], dtype, () -> TensorMemory.keepReachable(memory));
  }

  /**
   * Returns a row-major tensor over native memory, without a copy and <b>without any check of its
   * lifetime</b>: if the memory is freed while this tensor, another tensor that shares its storage
   * or a recorded graph exists, using it corrupts memory or ends the JVM.
   *
   * @throws IllegalArgumentException if the segment is on the heap, read-only, or of another size
   *     than the tensor needs
   */
  public static Tensor wrapUnchecked(MemorySegment memory, DType dtype, long... shape) {
    TensorMemory.requireSize(memory, dtype, shape);
    return TensorMemory.wrap(memory, shape, new long[0], dtype, () -> SharedMemory.hold(() -> {}));
  }

  /**
   * Takes this tensor out of all scopes: the caller owns it, and {@link #close} frees it.
   *
   * @return this tensor
   */
  public Tensor retain() {
    handle();
    if (scope != null) {
      scope.release(this);
    }
    return this;
  }

  /** Frees this handle now. Closing again, or after the scope has closed, does nothing. */
  @Override
  public void close() {
    if (handle == null) {
      return;
    }
    MemorySegment freed = handle();
    if (scope != null) {
      scope.release(this);
    }
    handle = null;
    SctTensor.free(freed);
    SharedMemory.drain();
  }

  /** Returns whether this tensor has been freed. */
  public boolean isClosed() {
    return handle == null;
  }

  /** Returns the shape, in a new array. */
  public long[] shape() {
    return info().sizes();
  }

  /** Returns the strides in elements, in a new array. */
  public long[] strides() {
    return info().strides();
  }

  /**
   * Returns the size of one dimension.
   *
   * @throws IllegalArgumentException if there is no such dimension
   */
  public long size(int dim) {
    long[] shape = shape();
    int index = dim < 0 ? dim + shape.length : dim;
    if (index < 0 || index >= shape.length) {
      throw new IllegalArgumentException(
          "dim: " + dim + ", the tensor has shape " + Arrays.toString(shape));
    }
    return shape[index];
  }

  /** Returns the number of dimensions. */
  public int dim() {
    return shape().length;
  }

  /** Returns the number of elements. */
  public long numel() {
    return info().numel();
  }

  /** Returns the element type. */
  public DType dtype() {
    return DType.of(info().dtype());
  }

  /** Returns the device that holds the elements. */
  public Device device() {
    TensorInfo info = info();
    return Device.of(info.deviceType(), info.deviceIndex());
  }

  /** Returns whether the elements lie row-major without gaps. */
  public boolean isContiguous() {
    return info().contiguous();
  }

  /** Returns whether the elements of {@code [N, C, H, W]} lie as N, H, W, C without gaps. */
  public boolean isChannelsLast() {
    return info().channelsLast();
  }

  /** Returns whether operators on this tensor are recorded for gradients. */
  public boolean requiresGrad() {
    return info().requiresGrad();
  }

  /** Returns whether no recorded operator made this tensor. */
  public boolean isLeaf() {
    return info().leaf();
  }

  /** Returns whether the elements are in page-locked host memory. */
  public boolean isPinned() {
    return SctCuda.isPinned(handle());
  }

  /** Returns shape, dtype and device, never elements; works for closed tensors too. */
  @Override
  public String toString() {
    if (handle == null) {
      return "Tensor (closed)";
    }
    TensorInfo info = info();
    return "Tensor"
        + Arrays.toString(info.sizes())
        + " "
        + DType.of(info.dtype())
        + " "
        + Device.of(info.deviceType(), info.deviceIndex());
  }

  /** Returns the only element; waits for the device. */
  public double item() {
    return SctTensor.itemDouble(handle());
  }

  /** Returns the only element, truncated toward zero; waits for the device. */
  public long itemLong() {
    return SctTensor.itemInt64(handle());
  }

  /** Returns the elements converted to float, row-major whatever the layout. */
  public float[] toFloatArray() {
    try (Arena arena = Arena.ofConfined()) {
      return TensorMemory.read(this, DType.FLOAT32, arena).toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  /** Returns the elements converted to double, row-major whatever the layout. */
  public double[] toDoubleArray() {
    try (Arena arena = Arena.ofConfined()) {
      return TensorMemory.read(this, DType.FLOAT64, arena).toArray(ValueLayout.JAVA_DOUBLE);
    }
  }

  /** Returns the elements converted to long, row-major whatever the layout. */
  public long[] toLongArray() {
    try (Arena arena = Arena.ofConfined()) {
      return TensorMemory.read(this, DType.INT64, arena).toArray(ValueLayout.JAVA_LONG);
    }
  }

  /** Returns the elements converted to int, row-major whatever the layout. */
  public int[] toIntArray() {
    try (Arena arena = Arena.ofConfined()) {
      return TensorMemory.read(this, DType.INT32, arena).toArray(ValueLayout.JAVA_INT);
    }
  }

  /** Returns the elements converted to UINT8, row-major whatever the layout. */
  public byte[] toByteArray() {
    try (Arena arena = Arena.ofConfined()) {
      return TensorMemory.read(this, DType.UINT8, arena).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  /**
   * Copies the elements, converted and row-major whatever the layout, into native memory.
   *
   * @throws IllegalArgumentException if the segment is on the heap, read-only, or of another size
   *     than {@code numel() * dtype.byteSize()} bytes
   */
  public void readInto(MemorySegment memory, DType dtype) {
    TensorMemory.requireSize(memory, dtype, shape());
    SctTensor.read(handle(), dtype.code(), memory);
  }

  /**
   * Returns the memory that holds the elements, without a copy: row-major, or N, H, W, C for a
   * channels-last tensor. The view ends with the scope that owns this tensor, or, for a retained
   * tensor, with the innermost open scope; until then the storage stays alive and cannot be
   * exchanged, and it can never be resized again.
   *
   * @throws IllegalStateException if the tensor is not on the CPU, or neither contiguous nor
   *     channels-last
   */
  public MemorySegment segment() {
    return TensorMemory.view(this, scope != null ? scope : TensorScope.current());
  }

  /** Returns this tensor in another dtype; shares storage if it has that already. */
  public Tensor to(DType dtype) {
    return to(dtype.code(), SctDevice.KEEP, -1, SctDType.PRESERVE, false);
  }

  /** Returns this tensor on another device; shares storage if it is there already. */
  public Tensor to(Device device) {
    return to(device, false);
  }

  /**
   * Returns this tensor on another device; shares storage if it is there already.
   *
   * @param nonBlocking whether the host goes on during a copy between pinned memory and a GPU
   */
  public Tensor to(Device device, boolean nonBlocking) {
    return to(SctDType.KEEP, device.kindCode(), device.indexCode(), SctDType.PRESERVE, nonBlocking);
  }

  /**
   * Returns this tensor in another memory order; shares storage if it has that already. A view with
   * gaps whose strides fall counts as CONTIGUOUS here, as in PyTorch; {@link #contiguous()} copies
   * it.
   */
  public Tensor to(MemoryFormat format) {
    return to(SctDType.KEEP, SctDevice.KEEP, -1, format.code(), false);
  }

  private Tensor to(
      int dtype, int deviceType, int deviceIndex, int memoryFormat, boolean nonBlocking) {
    return TensorScope.current()
        .adopt(
            SctTensor.to(
                handle(), dtype, deviceType, deviceIndex, memoryFormat, nonBlocking, false));
  }

  /** Returns this tensor in row-major order; shares storage if it is already. */
  public Tensor contiguous() {
    return contiguous(MemoryFormat.CONTIGUOUS);
  }

  /** Returns this tensor in CONTIGUOUS or CHANNELS_LAST order; shares storage if it is already. */
  public Tensor contiguous(MemoryFormat format) {
    return TensorScope.current().adopt(SctTensor.contiguous(handle(), format.code()));
  }

  /** Returns a deep copy with the same strides: PyTorch's {@code clone}. Gradients flow through. */
  public Tensor copy() {
    return copy(MemoryFormat.PRESERVE);
  }

  /** Returns a deep copy in that memory order: PyTorch's {@code clone}. Gradients flow through. */
  public Tensor copy(MemoryFormat format) {
    return TensorScope.current().adopt(SctTensor.copy(handle(), format.code()));
  }

  /** Returns another handle on the same tensor: same storage, same gradient. */
  public Tensor alias() {
    return TensorScope.current().adopt(SctTensor.alias(handle()));
  }

  /** Returns a copy of this CPU tensor in page-locked memory. */
  public Tensor pinMemory() {
    return TensorScope.current().adopt(SctCuda.pinMemory(handle()));
  }

  /** Copies {@code source} into this tensor, converting dtype and device and broadcasting. */
  public Tensor copyFrom(Tensor source) {
    return copyFrom(source, false);
  }

  /**
   * Copies {@code source} into this tensor, converting dtype and device and broadcasting.
   *
   * @param nonBlocking whether the host goes on during a copy between pinned memory and a GPU
   */
  public Tensor copyFrom(Tensor source, boolean nonBlocking) {
    SctTensor.copy_(handle(), source.handle(), nonBlocking);
    return this;
  }

  /** The same as {@link #copyFrom(Tensor)}, under PyTorch's name. */
  public Tensor copy_(Tensor source) {
    return copyFrom(source);
  }

  /** Returns arbitrary elements in the shape, dtype, device and layout of this tensor. */
  public Tensor emptyLike() {
    return TensorScope.current().adopt(SctTensor.emptyLike(handle()));
  }

  /** Returns zeros in the shape, dtype, device and layout of this tensor. */
  public Tensor zerosLike() {
    return TensorScope.current().adopt(SctTensor.zerosLike(handle()));
  }

  /** Returns ones in the shape, dtype, device and layout of this tensor. */
  public Tensor onesLike() {
    return TensorScope.current().adopt(SctTensor.onesLike(handle()));
  }

  /**
   * Returns the native handle.
   *
   * @throws IllegalStateException if this tensor is closed
   * @throws WrongThreadException if it belongs to a scope of another thread
   */
  MemorySegment handle() {
    MemorySegment current = handle;
    if (current == null) {
      throw new IllegalStateException(
          "the tensor is closed; it may have belonged to a TensorScope that is closed");
    }
    if (scope != null) {
      scope.requireThread();
    }
    return current;
  }

  TensorInfo info() {
    return SctTensor.describe(handle());
  }

  TensorScope scope() {
    return scope;
  }

  int slot() {
    return slot;
  }

  /** Notes who owns this tensor and where it is in the owner's list. */
  void place(TensorScope owner, int index) {
    scope = owner;
    slot = index;
  }

  /** Notes that a view of the memory exists until that scope closes. */
  void viewed(TensorScope until) {
    viewer = until;
  }

  /**
   * @throws IllegalStateException if a view of the memory exists
   */
  void requireNotViewed() {
    if (viewer != null && viewer.isOpen()) {
      throw new IllegalStateException(
          this
              + " cannot change its storage while a segment() of it exists: close the scope first");
    }
  }

  /** Gives the handle up to the scope, which frees it. */
  MemorySegment surrender() {
    MemorySegment surrendered = Objects.requireNonNull(handle);
    handle = null;
    scope = null;
    return surrendered;
  }
}
