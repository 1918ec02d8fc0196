package dev.simclr.torch;

import dev.simclr.torch.internal.SctPointwise;
import java.lang.foreign.MemorySegment;

/**
 * Elementwise arithmetic of {@link Tensor}. Operands broadcast and promote as in PyTorch. Scalars
 * are doubles; a whole number added to an integral tensor keeps its dtype. Methods with an
 * underscore write into this tensor and return it.
 */
public sealed interface TensorPointwise permits Tensor {

  /** Returns this + alpha x other. */
  default Tensor add(Tensor other, double alpha) {
    return TensorScope.current().adopt(SctPointwise.add(handle(), other.handle(), alpha));
  }

  /** Returns this + other. */
  default Tensor add(Tensor other) {
    return add(other, 1);
  }

  /** Sets this tensor to this + alpha x other. */
  default Tensor add_(Tensor other, double alpha) {
    SctPointwise.add_(handle(), other.handle(), alpha);
    return (Tensor) this;
  }

  /** Sets this tensor to this + other. */
  default Tensor add_(Tensor other) {
    return add_(other, 1);
  }

  /** Returns this - alpha x other. */
  default Tensor sub(Tensor other, double alpha) {
    return TensorScope.current().adopt(SctPointwise.sub(handle(), other.handle(), alpha));
  }

  /** Returns this - other. */
  default Tensor sub(Tensor other) {
    return sub(other, 1);
  }

  /** Sets this tensor to this - alpha x other. */
  default Tensor sub_(Tensor other, double alpha) {
    SctPointwise.sub_(handle(), other.handle(), alpha);
    return (Tensor) this;
  }

  /** Sets this tensor to this - other. */
  default Tensor sub_(Tensor other) {
    return sub_(other, 1);
  }

  /** Returns this x other. */
  default Tensor mul(Tensor other) {
    return TensorScope.current().adopt(SctPointwise.mul(handle(), other.handle()));
  }

  /** Sets this tensor to this x other. */
  default Tensor mul_(Tensor other) {
    SctPointwise.mul_(handle(), other.handle());
    return (Tensor) this;
  }

  /** Returns this / other, true division. */
  default Tensor div(Tensor other) {
    return TensorScope.current().adopt(SctPointwise.div(handle(), other.handle()));
  }

  /** Sets this tensor to this / other, true division. */
  default Tensor div_(Tensor other) {
    SctPointwise.div_(handle(), other.handle());
    return (Tensor) this;
  }

  /** Returns this + other. */
  default Tensor add(double other) {
    return TensorScope.current().adopt(SctPointwise.addScalar(handle(), other));
  }

  /** Sets this tensor to this + other. */
  default Tensor add_(double other) {
    SctPointwise.addScalar_(handle(), other);
    return (Tensor) this;
  }

  /** Returns this - other. */
  default Tensor sub(double other) {
    return TensorScope.current().adopt(SctPointwise.subScalar(handle(), other));
  }

  /** Sets this tensor to this - other. */
  default Tensor sub_(double other) {
    SctPointwise.subScalar_(handle(), other);
    return (Tensor) this;
  }

  /** Returns this x other. */
  default Tensor mul(double other) {
    return TensorScope.current().adopt(SctPointwise.mulScalar(handle(), other));
  }

  /** Sets this tensor to this x other. */
  default Tensor mul_(double other) {
    SctPointwise.mulScalar_(handle(), other);
    return (Tensor) this;
  }

  /** Returns this / other, true division. */
  default Tensor div(double other) {
    return TensorScope.current().adopt(SctPointwise.divScalar(handle(), other));
  }

  /** Sets this tensor to this / other, true division. */
  default Tensor div_(double other) {
    SctPointwise.divScalar_(handle(), other);
    return (Tensor) this;
  }

  /** Returns this ^ exponent. */
  default Tensor pow(Tensor exponent) {
    return TensorScope.current().adopt(SctPointwise.pow(handle(), exponent.handle()));
  }

  /** Returns this ^ exponent. */
  default Tensor pow(double exponent) {
    return TensorScope.current().adopt(SctPointwise.powScalar(handle(), exponent));
  }

  /** Sets this tensor to this ^ exponent. */
  default Tensor pow_(double exponent) {
    SctPointwise.powScalar_(handle(), exponent);
    return (Tensor) this;
  }

  /** Returns the larger of both; NaN if either is. */
  default Tensor maximum(Tensor other) {
    return TensorScope.current().adopt(SctPointwise.maximum(handle(), other.handle()));
  }

  /** Returns the smaller of both; NaN if either is. */
  default Tensor minimum(Tensor other) {
    return TensorScope.current().adopt(SctPointwise.minimum(handle(), other.handle()));
  }

  /** Returns -x. */
  default Tensor neg() {
    return TensorScope.current().adopt(SctPointwise.neg(handle()));
  }

  /** Sets this tensor to -x. */
  default Tensor neg_() {
    SctPointwise.neg_(handle());
    return (Tensor) this;
  }

  /** Returns e^x. */
  default Tensor exp() {
    return TensorScope.current().adopt(SctPointwise.exp(handle()));
  }

  /** Sets this tensor to e^x. */
  default Tensor exp_() {
    SctPointwise.exp_(handle());
    return (Tensor) this;
  }

  /** Returns the natural logarithm. */
  default Tensor log() {
    return TensorScope.current().adopt(SctPointwise.log(handle()));
  }

  /** Sets this tensor to the natural logarithm. */
  default Tensor log_() {
    SctPointwise.log_(handle());
    return (Tensor) this;
  }

  /** Returns log(1 + x). */
  default Tensor log1p() {
    return TensorScope.current().adopt(SctPointwise.log1p(handle()));
  }

  /** Sets this tensor to log(1 + x). */
  default Tensor log1p_() {
    SctPointwise.log1p_(handle());
    return (Tensor) this;
  }

  /** Returns the square root. */
  default Tensor sqrt() {
    return TensorScope.current().adopt(SctPointwise.sqrt(handle()));
  }

  /** Sets this tensor to the square root. */
  default Tensor sqrt_() {
    SctPointwise.sqrt_(handle());
    return (Tensor) this;
  }

  /** Returns 1 / sqrt(x). */
  default Tensor rsqrt() {
    return TensorScope.current().adopt(SctPointwise.rsqrt(handle()));
  }

  /** Sets this tensor to 1 / sqrt(x). */
  default Tensor rsqrt_() {
    SctPointwise.rsqrt_(handle());
    return (Tensor) this;
  }

  /** Returns x^2. */
  default Tensor square() {
    return TensorScope.current().adopt(SctPointwise.square(handle()));
  }

  /** Sets this tensor to x^2. */
  default Tensor square_() {
    SctPointwise.square_(handle());
    return (Tensor) this;
  }

  /** Returns 1 / x. */
  default Tensor reciprocal() {
    return TensorScope.current().adopt(SctPointwise.reciprocal(handle()));
  }

  /** Sets this tensor to 1 / x. */
  default Tensor reciprocal_() {
    SctPointwise.reciprocal_(handle());
    return (Tensor) this;
  }

  /** Returns |x|. */
  default Tensor abs() {
    return TensorScope.current().adopt(SctPointwise.abs(handle()));
  }

  /** Sets this tensor to |x|. */
  default Tensor abs_() {
    SctPointwise.abs_(handle());
    return (Tensor) this;
  }

  /** Returns -1, 0 or 1. */
  default Tensor sign() {
    return TensorScope.current().adopt(SctPointwise.sign(handle()));
  }

  /** Sets this tensor to -1, 0 or 1. */
  default Tensor sign_() {
    SctPointwise.sign_(handle());
    return (Tensor) this;
  }

  /** Returns the largest whole number not above x. */
  default Tensor floor() {
    return TensorScope.current().adopt(SctPointwise.floor(handle()));
  }

  /** Sets this tensor to the largest whole number not above x. */
  default Tensor floor_() {
    SctPointwise.floor_(handle());
    return (Tensor) this;
  }

  /** Returns the smallest whole number not below x. */
  default Tensor ceil() {
    return TensorScope.current().adopt(SctPointwise.ceil(handle()));
  }

  /** Sets this tensor to the smallest whole number not below x. */
  default Tensor ceil_() {
    SctPointwise.ceil_(handle());
    return (Tensor) this;
  }

  /** Returns the nearest whole number, halves to even. */
  default Tensor round() {
    return TensorScope.current().adopt(SctPointwise.round(handle()));
  }

  /** Sets this tensor to the nearest whole number, halves to even. */
  default Tensor round_() {
    SctPointwise.round_(handle());
    return (Tensor) this;
  }

  /** Returns the sine of radians. */
  default Tensor sin() {
    return TensorScope.current().adopt(SctPointwise.sin(handle()));
  }

  /** Sets this tensor to the sine of radians. */
  default Tensor sin_() {
    SctPointwise.sin_(handle());
    return (Tensor) this;
  }

  /** Returns the cosine of radians. */
  default Tensor cos() {
    return TensorScope.current().adopt(SctPointwise.cos(handle()));
  }

  /** Sets this tensor to the cosine of radians. */
  default Tensor cos_() {
    SctPointwise.cos_(handle());
    return (Tensor) this;
  }

  /** Returns the error function. */
  default Tensor erf() {
    return TensorScope.current().adopt(SctPointwise.erf(handle()));
  }

  /** Sets this tensor to the error function. */
  default Tensor erf_() {
    SctPointwise.erf_(handle());
    return (Tensor) this;
  }

  /** Returns the inverse of the error function. */
  default Tensor erfinv() {
    return TensorScope.current().adopt(SctPointwise.erfinv(handle()));
  }

  /** Sets this tensor to the inverse of the error function. */
  default Tensor erfinv_() {
    SctPointwise.erfinv_(handle());
    return (Tensor) this;
  }

  /** Returns max(x, 0). */
  default Tensor relu() {
    return TensorScope.current().adopt(SctPointwise.relu(handle()));
  }

  /** Sets this tensor to max(x, 0). */
  default Tensor relu_() {
    SctPointwise.relu_(handle());
    return (Tensor) this;
  }

  /** Returns 1 / (1 + e^-x). */
  default Tensor sigmoid() {
    return TensorScope.current().adopt(SctPointwise.sigmoid(handle()));
  }

  /** Sets this tensor to 1 / (1 + e^-x). */
  default Tensor sigmoid_() {
    SctPointwise.sigmoid_(handle());
    return (Tensor) this;
  }

  /** Returns the hyperbolic tangent. */
  default Tensor tanh() {
    return TensorScope.current().adopt(SctPointwise.tanh(handle()));
  }

  /** Sets this tensor to the hyperbolic tangent. */
  default Tensor tanh_() {
    SctPointwise.tanh_(handle());
    return (Tensor) this;
  }

  /** Returns its values forced into [min, max]. */
  default Tensor clamp(double min, double max) {
    return TensorScope.current().adopt(SctPointwise.clamp(handle(), min, max));
  }

  /** Sets this tensor to its values forced into [min, max]. */
  default Tensor clamp_(double min, double max) {
    SctPointwise.clamp_(handle(), min, max);
    return (Tensor) this;
  }

  /** Returns max(x, min). */
  default Tensor clampMin(double min) {
    return TensorScope.current().adopt(SctPointwise.clampMin(handle(), min));
  }

  /** Sets this tensor to max(x, min). */
  default Tensor clampMin_(double min) {
    SctPointwise.clampMin_(handle(), min);
    return (Tensor) this;
  }

  /** Returns min(x, max). */
  default Tensor clampMax(double max) {
    return TensorScope.current().adopt(SctPointwise.clampMax(handle(), max));
  }

  /** Sets this tensor to min(x, max). */
  default Tensor clampMax_(double max) {
    SctPointwise.clampMax_(handle(), max);
    return (Tensor) this;
  }

  /** Returns {@code value} where the BOOL {@code mask} is true, else this. */
  default Tensor maskedFill(Tensor mask, double value) {
    return TensorScope.current().adopt(SctPointwise.maskedFill(handle(), mask.handle(), value));
  }

  /** Sets elements where the BOOL {@code mask} is true to {@code value}. */
  default Tensor maskedFill_(Tensor mask, double value) {
    SctPointwise.maskedFill_(handle(), mask.handle(), value);
    return (Tensor) this;
  }

  /** Sets this tensor to this + weight x (end - this). */
  default Tensor lerp_(Tensor end, double weight) {
    SctPointwise.lerp_(handle(), end.handle(), weight);
    return (Tensor) this;
  }

  /** Sets this tensor to this + value x tensor1 x tensor2. */
  default Tensor addcmul_(Tensor tensor1, Tensor tensor2, double value) {
    SctPointwise.addcmul_(handle(), tensor1.handle(), tensor2.handle(), value);
    return (Tensor) this;
  }

  /** Sets this tensor to this + value x tensor1 / tensor2. */
  default Tensor addcdiv_(Tensor tensor1, Tensor tensor2, double value) {
    SctPointwise.addcdiv_(handle(), tensor1.handle(), tensor2.handle(), value);
    return (Tensor) this;
  }

  /** Sets all elements to {@code value}. */
  default Tensor fill_(double value) {
    SctPointwise.fill_(handle(), value);
    return (Tensor) this;
  }

  /** Sets all elements to zero. */
  default Tensor zero_() {
    SctPointwise.zero_(handle());
    return (Tensor) this;
  }

  /** Returns other - this. */
  default Tensor rsub(double other) {
    return TensorScope.current().adopt(SctPointwise.rsubScalar(handle(), other));
  }

  private MemorySegment handle() {
    return ((Tensor) this).handle();
  }
}
