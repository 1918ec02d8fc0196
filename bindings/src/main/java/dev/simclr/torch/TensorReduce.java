package dev.simclr.torch;

import dev.simclr.torch.internal.HandlePair;
import dev.simclr.torch.internal.SctReduce;
import java.lang.foreign.MemorySegment;

/**
 * Reductions, scans and order, of {@link Tensor}. Where a method takes {@code dims}, none at all
 * stands for all of them; with {@code keepdim} reduced dimensions stay, with size 1.
 */
public sealed interface TensorReduce permits Tensor {

  /** Returns the sum of all elements, 0-dim; INT64 for integers and BOOL. */
  default Tensor sum() {
    return sum(false);
  }

  /** Returns sums over {@code dims}; INT64 for integers and BOOL. */
  default Tensor sum(boolean keepdim, long... dims) {
    return TensorScope.current().adopt(SctReduce.sum(handle(), dims, keepdim));
  }

  /** Returns the mean of all elements, 0-dim; floating-point dtypes only. */
  default Tensor mean() {
    return mean(false);
  }

  /** Returns means over {@code dims}; floating-point dtypes only. */
  default Tensor mean(boolean keepdim, long... dims) {
    return TensorScope.current().adopt(SctReduce.mean(handle(), dims, keepdim));
  }

  /** Returns the maximum of all elements, 0-dim. */
  default Tensor max() {
    return amax(false);
  }

  /** Returns maxima over {@code dims}. */
  default Tensor amax(boolean keepdim, long... dims) {
    return TensorScope.current().adopt(SctReduce.amax(handle(), dims, keepdim));
  }

  /** Returns the minimum of all elements, 0-dim. */
  default Tensor min() {
    return amin(false);
  }

  /** Returns minima over {@code dims}. */
  default Tensor amin(boolean keepdim, long... dims) {
    return TensorScope.current().adopt(SctReduce.amin(handle(), dims, keepdim));
  }

  /** Returns the standard deviation over one dimension of size n, with divisor n - correction. */
  default Tensor std(long dim, double correction, boolean keepdim) {
    return std(correction, keepdim, new long[] {dim});
  }

  /** Returns standard deviations over {@code dims}, n elements, with divisor n - correction. */
  default Tensor std(double correction, boolean keepdim, long... dims) {
    return TensorScope.current().adopt(SctReduce.std(handle(), dims, correction, keepdim));
  }

  /** Returns the variance over one dimension of size n, with divisor n - correction. */
  default Tensor var(long dim, double correction, boolean keepdim) {
    return var(correction, keepdim, new long[] {dim});
  }

  /** Returns variances over {@code dims}, n elements, with divisor n - correction. */
  default Tensor var(double correction, boolean keepdim, long... dims) {
    return TensorScope.current().adopt(SctReduce.var(handle(), dims, correction, keepdim));
  }

  /** Returns the L2 norm of all elements, 0-dim. */
  default Tensor norm() {
    return norm(2, false);
  }

  /** Returns (sum |x|^p)^(1/p) over {@code dims}. */
  default Tensor norm(double p, boolean keepdim, long... dims) {
    return TensorScope.current().adopt(SctReduce.norm(handle(), p, dims, keepdim));
  }

  /** Returns log(sum(exp(x))) over {@code dims}, computed without overflow. */
  default Tensor logsumexp(boolean keepdim, long... dims) {
    return TensorScope.current().adopt(SctReduce.logsumexp(handle(), dims, keepdim));
  }

  /** Returns whether all elements are not zero: BOOL, 0-dim. */
  default Tensor all() {
    return TensorScope.current().adopt(SctReduce.all(handle()));
  }

  /** Returns whether any element is not zero: BOOL, 0-dim. */
  default Tensor any() {
    return TensorScope.current().adopt(SctReduce.any(handle()));
  }

  /** Returns the INT64 positions of the maxima along {@code dim}. */
  default Tensor argmax(long dim, boolean keepdim) {
    return TensorScope.current().adopt(SctReduce.argmax(handle(), dim, keepdim));
  }

  /** Returns the INT64 positions of the minima along {@code dim}. */
  default Tensor argmin(long dim, boolean keepdim) {
    return TensorScope.current().adopt(SctReduce.argmin(handle(), dim, keepdim));
  }

  /** Returns the softmax over {@code dim}. */
  default Tensor softmax(long dim) {
    return TensorScope.current().adopt(SctReduce.softmax(handle(), dim));
  }

  /** Returns the logarithm of the softmax over {@code dim}. */
  default Tensor logSoftmax(long dim) {
    return TensorScope.current().adopt(SctReduce.logSoftmax(handle(), dim));
  }

  /** Returns running sums along {@code dim}. */
  default Tensor cumsum(long dim) {
    return TensorScope.current().adopt(SctReduce.cumsum(handle(), dim));
  }

  /**
   * Returns the {@code k} largest or smallest elements along {@code dim}.
   *
   * @param largest whether to take the largest ones
   * @param sorted whether to return them in order
   */
  default TopK topk(long k, long dim, boolean largest, boolean sorted) {
    TensorScope scope = TensorScope.current();
    HandlePair pair = SctReduce.topk(handle(), k, dim, largest, sorted);
    return new TopK(scope.adopt(pair.first()), scope.adopt(pair.second()));
  }

  /** Returns the elements along {@code dim} in order; equal ones stay as they came. */
  default TopK sort(long dim, boolean descending) {
    TensorScope scope = TensorScope.current();
    HandlePair pair = SctReduce.sort(handle(), dim, descending);
    return new TopK(scope.adopt(pair.first()), scope.adopt(pair.second()));
  }

  private MemorySegment handle() {
    return ((Tensor) this).handle();
  }
}
