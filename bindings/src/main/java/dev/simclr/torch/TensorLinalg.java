package dev.simclr.torch;

import dev.simclr.torch.internal.SctLinalg;
import java.lang.foreign.MemorySegment;

/** Products of matrices, of {@link Tensor}. */
public sealed interface TensorLinalg permits Tensor {

  /** Returns the matrix product with broadcasting of leading dimensions, as torch.matmul. */
  default Tensor matmul(Tensor other) {
    return TensorScope.current().adopt(SctLinalg.matmul(handle(), other.handle()));
  }

  /** Returns the product of matrices {@code [n, m]} and {@code [m, p]}, {@code [n, p]}. */
  default Tensor mm(Tensor other) {
    return TensorScope.current().adopt(SctLinalg.mm(handle(), other.handle()));
  }

  /**
   * Returns the products of matrices {@code [b, n, m]} and {@code [b, m, p]}, {@code [b, n, p]}.
   */
  default Tensor bmm(Tensor other) {
    return TensorScope.current().adopt(SctLinalg.bmm(handle(), other.handle()));
  }

  /** Returns the product of a matrix {@code [n, m]} and a vector {@code [m]}, {@code [n]}. */
  default Tensor mv(Tensor vector) {
    return TensorScope.current().adopt(SctLinalg.mv(handle(), vector.handle()));
  }

  /** Returns the inner product of vectors {@code [n]} and {@code [n]}, 0-dim. */
  default Tensor dot(Tensor other) {
    return TensorScope.current().adopt(SctLinalg.dot(handle(), other.handle()));
  }

  /** Returns beta this + alpha (mat1 mat2), this tensor broadcast to {@code [n, p]}. */
  default Tensor addmm(Tensor mat1, Tensor mat2, double beta, double alpha) {
    return TensorScope.current()
        .adopt(SctLinalg.addmm(handle(), mat1.handle(), mat2.handle(), beta, alpha));
  }

  /** Returns this + mat1 mat2, this tensor broadcast to {@code [n, p]}. */
  default Tensor addmm(Tensor mat1, Tensor mat2) {
    return addmm(mat1, mat2, 1, 1);
  }

  /**
   * Returns this {@code [*, in]} times the transpose of {@code weight [out, in]}, {@code [*, out]}.
   */
  default Tensor linear(Tensor weight) {
    return Nn.linear((Tensor) this, weight);
  }

  /**
   * Returns this {@code [*, in]} times the transpose of {@code weight [out, in]} plus {@code bias
   * [out]}.
   */
  default Tensor linear(Tensor weight, Tensor bias) {
    return Nn.linear((Tensor) this, weight, bias);
  }

  private MemorySegment handle() {
    return ((Tensor) this).handle();
  }
}
