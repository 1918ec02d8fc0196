package dev.simclr.torch;

import dev.simclr.torch.internal.SctIndex;
import java.lang.foreign.MemorySegment;

/**
 * Picking and adding by index, of {@link Tensor}. Index tensors are INT64 unless said otherwise; an
 * index out of range is a {@link TorchException} on the CPU. Methods with an underscore write into
 * this tensor and return it.
 */
public sealed interface TensorIndex permits Tensor {

  /** Returns the entries of {@code dim} that {@code index [k]}, INT32 or INT64, names. */
  default Tensor indexSelect(long dim, Tensor index) {
    return TensorScope.current().adopt(SctIndex.indexSelect(handle(), dim, index.handle()));
  }

  /**
   * Returns the elements at {@code index} along {@code dim}: for dim 1, out[i][j] is
   * this[i][index[i][j]]. The shape is that of {@code index}.
   */
  default Tensor gather(long dim, Tensor index) {
    return TensorScope.current().adopt(SctIndex.gather(handle(), dim, index.handle()));
  }

  /** Writes src at {@code index} along {@code dim}, the reverse of {@link #gather}. */
  default Tensor scatter_(long dim, Tensor index, Tensor src) {
    SctIndex.scatter_(handle(), dim, index.handle(), src.handle());
    return (Tensor) this;
  }

  /**
   * Adds src at {@code index} along {@code dim}, the reverse of {@link #gather}; repeated indices
   * add up.
   */
  default Tensor scatterAdd_(long dim, Tensor index, Tensor src) {
    SctIndex.scatterAdd_(handle(), dim, index.handle(), src.handle());
    return (Tensor) this;
  }

  /** Adds alpha x entry i of src to entry index[i] of this tensor along {@code dim}. */
  default Tensor indexAdd_(long dim, Tensor index, Tensor src, double alpha) {
    SctIndex.indexAdd_(handle(), dim, index.handle(), src.handle(), alpha);
    return (Tensor) this;
  }

  /** Adds entry i of src to entry index[i] of this tensor along {@code dim}. */
  default Tensor indexAdd_(long dim, Tensor index, Tensor src) {
    return indexAdd_(dim, index, src, 1);
  }

  /** Writes entry i of src to entry index[i] of this tensor along {@code dim}. */
  default Tensor indexCopy_(long dim, Tensor index, Tensor src) {
    SctIndex.indexCopy_(handle(), dim, index.handle(), src.handle());
    return (Tensor) this;
  }

  /**
   * Returns INT64 {@code [*, classes]} with a one at each class of this INT64 tensor {@code [*]}.
   */
  default Tensor oneHot(long classes) {
    return TensorScope.current().adopt(SctIndex.oneHot(handle(), classes));
  }

  /** Returns the elements where the BOOL {@code mask} is true, 1-dim. */
  default Tensor maskedSelect(Tensor mask) {
    return TensorScope.current().adopt(SctIndex.maskedSelect(handle(), mask.handle()));
  }

  /** Returns INT64 {@code [n, dim]}, the positions of the elements that are not zero. */
  default Tensor nonzero() {
    return TensorScope.current().adopt(SctIndex.nonzero(handle()));
  }

  /**
   * Returns how often each of 0, 1, ... occurs in this tensor {@code [n]} of integers that are not
   * negative; INT64, at least {@code minlength} long.
   */
  default Tensor bincount(long minlength) {
    return TensorScope.current().adopt(SctIndex.bincount(handle(), minlength));
  }

  private MemorySegment handle() {
    return ((Tensor) this).handle();
  }
}
