package dev.simclr.torch;

import dev.simclr.torch.internal.SctCompare;
import java.lang.foreign.MemorySegment;

/** Comparisons and logic of {@link Tensor}. Results are BOOL and broadcast as in PyTorch. */
public sealed interface TensorCompare permits Tensor {

  /** Returns this == other. */
  default Tensor eq(Tensor other) {
    return TensorScope.current().adopt(SctCompare.eq(handle(), other.handle()));
  }

  /** Returns this == other. */
  default Tensor eq(double other) {
    return TensorScope.current().adopt(SctCompare.eqScalar(handle(), other));
  }

  /** Returns this != other. */
  default Tensor ne(Tensor other) {
    return TensorScope.current().adopt(SctCompare.ne(handle(), other.handle()));
  }

  /** Returns this != other. */
  default Tensor ne(double other) {
    return TensorScope.current().adopt(SctCompare.neScalar(handle(), other));
  }

  /** Returns this &lt; other. */
  default Tensor lt(Tensor other) {
    return TensorScope.current().adopt(SctCompare.lt(handle(), other.handle()));
  }

  /** Returns this &lt; other. */
  default Tensor lt(double other) {
    return TensorScope.current().adopt(SctCompare.ltScalar(handle(), other));
  }

  /** Returns this &lt;= other. */
  default Tensor le(Tensor other) {
    return TensorScope.current().adopt(SctCompare.le(handle(), other.handle()));
  }

  /** Returns this &lt;= other. */
  default Tensor le(double other) {
    return TensorScope.current().adopt(SctCompare.leScalar(handle(), other));
  }

  /** Returns this &gt; other. */
  default Tensor gt(Tensor other) {
    return TensorScope.current().adopt(SctCompare.gt(handle(), other.handle()));
  }

  /** Returns this &gt; other. */
  default Tensor gt(double other) {
    return TensorScope.current().adopt(SctCompare.gtScalar(handle(), other));
  }

  /** Returns this &gt;= other. */
  default Tensor ge(Tensor other) {
    return TensorScope.current().adopt(SctCompare.ge(handle(), other.handle()));
  }

  /** Returns this &gt;= other. */
  default Tensor ge(double other) {
    return TensorScope.current().adopt(SctCompare.geScalar(handle(), other));
  }

  /** Returns true where zero. */
  default Tensor logicalNot() {
    return TensorScope.current().adopt(SctCompare.logicalNot(handle()));
  }

  /** Returns true where both are not zero. */
  default Tensor logicalAnd(Tensor other) {
    return TensorScope.current().adopt(SctCompare.logicalAnd(handle(), other.handle()));
  }

  /** Returns true where either is not zero. */
  default Tensor logicalOr(Tensor other) {
    return TensorScope.current().adopt(SctCompare.logicalOr(handle(), other.handle()));
  }

  /** Returns true where neither infinite nor NaN. */
  default Tensor isfinite() {
    return TensorScope.current().adopt(SctCompare.isfinite(handle()));
  }

  /** Returns true where NaN. */
  default Tensor isnan() {
    return TensorScope.current().adopt(SctCompare.isnan(handle()));
  }

  /** Returns whether both have the same shape and elements; a NaN equals nothing. */
  default boolean equal(Tensor other) {
    return SctCompare.equal(handle(), other.handle());
  }

  /** Returns whether |this - other| &lt;= atol + rtol x |other| everywhere. */
  default boolean allclose(Tensor other, double rtol, double atol) {
    return SctCompare.allclose(handle(), other.handle(), rtol, atol);
  }

  private MemorySegment handle() {
    return ((Tensor) this).handle();
  }
}
