package dev.simclr.torch;

import dev.simclr.torch.internal.SctShape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Views and rearrangements of {@link Tensor}. Unless said otherwise the result shares the storage
 * of this tensor.
 */
public sealed interface TensorShape permits Tensor {

  /** Returns another shape over the same strides; one size may be -1. */
  default Tensor view(long... shape) {
    return TensorScope.current().adopt(SctShape.view(handle(), shape));
  }

  /** Returns another shape, copied where a view is impossible; one size may be -1. */
  default Tensor reshape(long... shape) {
    return TensorScope.current().adopt(SctShape.reshape(handle(), shape));
  }

  /** Returns the dimensions in the order {@code dims}. */
  default Tensor permute(long... dims) {
    return TensorScope.current().adopt(SctShape.permute(handle(), dims));
  }

  /** Returns the tensor with two dimensions swapped. */
  default Tensor transpose(long dim0, long dim1) {
    return TensorScope.current().adopt(SctShape.transpose(handle(), dim0, dim1));
  }

  /** Returns the transpose of a matrix; at most 2 dimensions. */
  default Tensor t() {
    return TensorScope.current().adopt(SctShape.t(handle()));
  }

  /** Returns dimensions start to end, both included, as one; copied where a view is impossible. */
  default Tensor flatten(long start, long end) {
    return TensorScope.current().adopt(SctShape.flatten(handle(), start, end));
  }

  /** Returns the tensor with a dimension of size 1 put in before {@code dim}. */
  default Tensor unsqueeze(long dim) {
    return TensorScope.current().adopt(SctShape.unsqueeze(handle(), dim));
  }

  /** Returns the tensor without those {@code dims} that have size 1; none stands for all. */
  default Tensor squeeze(long... dims) {
    return TensorScope.current().adopt(SctShape.squeeze(handle(), dims));
  }

  /** Returns dimensions of size 1 repeated without a copy; -1 keeps a size. */
  default Tensor expand(long... shape) {
    return TensorScope.current().adopt(SctShape.expand(handle(), shape));
  }

  /** Returns copies of the whole tensor side by side, so many along each dimension. */
  default Tensor repeat(long... repeats) {
    return TensorScope.current().adopt(SctShape.repeat(handle(), repeats));
  }

  /** Returns entries start to start + length - 1 of {@code dim}. */
  default Tensor narrow(long dim, long start, long length) {
    return TensorScope.current().adopt(SctShape.narrow(handle(), dim, start, length));
  }

  /** Returns entry {@code index} of {@code dim}, which disappears. */
  default Tensor select(long dim, long index) {
    return TensorScope.current().adopt(SctShape.select(handle(), dim, index));
  }

  /**
   * Returns entries start, start + step, ... below {@code end} of {@code dim}, clamped as in
   * Python.
   *
   * @param step at least 1
   */
  default Tensor slice(long dim, long start, long end, long step) {
    return TensorScope.current().adopt(SctShape.slice(handle(), dim, start, end, step));
  }

  /** Returns a copy with {@code dims} reversed. */
  default Tensor flip(long... dims) {
    return TensorScope.current().adopt(SctShape.flip(handle(), dims));
  }

  /**
   * Returns at most {@code chunks} parts of {@code dim}, of equal size but for the last.
   *
   * @throws IllegalArgumentException if {@code chunks} is less than 1
   */
  default List<Tensor> chunk(int chunks, long dim) {
    if (chunks < 1) {
      throw new IllegalArgumentException("chunks: " + chunks + ", must be at least 1");
    }
    TensorScope scope = TensorScope.current();
    List<Tensor> parts = new ArrayList<>();
    for (MemorySegment part : SctShape.chunk(handle(), chunks, dim)) {
      parts.add(scope.adopt(part));
    }
    return List.copyOf(parts);
  }

  /** Returns the diagonal of a matrix. */
  default Tensor diagonal() {
    return TensorScope.current().adopt(SctShape.diagonal(handle()));
  }

  private MemorySegment handle() {
    return ((Tensor) this).handle();
  }
}
