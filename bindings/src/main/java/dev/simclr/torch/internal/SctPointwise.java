package dev.simclr.torch.internal;

import dev.simclr.torch.internal.ffm.Sct;
import java.lang.foreign.MemorySegment;

/** Calls of pointwise.h. */
public final class SctPointwise {

  private SctPointwise() {}

  public static MemorySegment add(MemorySegment self, MemorySegment other, double alpha) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_add(self, other, alpha, frame.out(0)));
    return frame.handle(0);
  }

  public static void add_(MemorySegment self, MemorySegment other, double alpha) {
    CallFrame.open();
    Status.check(Sct.sct_add_(self, other, alpha));
  }

  public static MemorySegment sub(MemorySegment self, MemorySegment other, double alpha) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_sub(self, other, alpha, frame.out(0)));
    return frame.handle(0);
  }

  public static void sub_(MemorySegment self, MemorySegment other, double alpha) {
    CallFrame.open();
    Status.check(Sct.sct_sub_(self, other, alpha));
  }

  public static MemorySegment mul(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_mul(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static void mul_(MemorySegment self, MemorySegment other) {
    CallFrame.open();
    Status.check(Sct.sct_mul_(self, other));
  }

  public static MemorySegment div(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_div(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static void div_(MemorySegment self, MemorySegment other) {
    CallFrame.open();
    Status.check(Sct.sct_div_(self, other));
  }

  public static MemorySegment addScalar(MemorySegment self, double other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_add_scalar(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static void addScalar_(MemorySegment self, double other) {
    CallFrame.open();
    Status.check(Sct.sct_add_scalar_(self, other));
  }

  public static MemorySegment subScalar(MemorySegment self, double other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_sub_scalar(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static void subScalar_(MemorySegment self, double other) {
    CallFrame.open();
    Status.check(Sct.sct_sub_scalar_(self, other));
  }

  public static MemorySegment mulScalar(MemorySegment self, double other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_mul_scalar(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static void mulScalar_(MemorySegment self, double other) {
    CallFrame.open();
    Status.check(Sct.sct_mul_scalar_(self, other));
  }

  public static MemorySegment divScalar(MemorySegment self, double other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_div_scalar(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static void divScalar_(MemorySegment self, double other) {
    CallFrame.open();
    Status.check(Sct.sct_div_scalar_(self, other));
  }

  public static MemorySegment rsubScalar(MemorySegment self, double other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_rsub_scalar(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment pow(MemorySegment self, MemorySegment exponent) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_pow(self, exponent, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment powScalar(MemorySegment self, double exponent) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_pow_scalar(self, exponent, frame.out(0)));
    return frame.handle(0);
  }

  public static void powScalar_(MemorySegment self, double exponent) {
    CallFrame.open();
    Status.check(Sct.sct_pow_scalar_(self, exponent));
  }

  public static MemorySegment maximum(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_maximum(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment minimum(MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_minimum(self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment neg(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_neg(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void neg_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_neg_(self));
  }

  public static MemorySegment exp(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_exp(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void exp_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_exp_(self));
  }

  public static MemorySegment log(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_log(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void log_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_log_(self));
  }

  public static MemorySegment log1p(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_log1p(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void log1p_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_log1p_(self));
  }

  public static MemorySegment sqrt(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_sqrt(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void sqrt_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_sqrt_(self));
  }

  public static MemorySegment rsqrt(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_rsqrt(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void rsqrt_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_rsqrt_(self));
  }

  public static MemorySegment square(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_square(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void square_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_square_(self));
  }

  public static MemorySegment reciprocal(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_reciprocal(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void reciprocal_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_reciprocal_(self));
  }

  public static MemorySegment abs(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_abs(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void abs_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_abs_(self));
  }

  public static MemorySegment sign(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_sign(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void sign_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_sign_(self));
  }

  public static MemorySegment floor(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_floor(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void floor_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_floor_(self));
  }

  public static MemorySegment ceil(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_ceil(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void ceil_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_ceil_(self));
  }

  public static MemorySegment round(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_round(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void round_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_round_(self));
  }

  public static MemorySegment sin(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_sin(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void sin_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_sin_(self));
  }

  public static MemorySegment cos(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_cos(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void cos_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_cos_(self));
  }

  public static MemorySegment erf(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_erf(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void erf_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_erf_(self));
  }

  public static MemorySegment erfinv(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_erfinv(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void erfinv_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_erfinv_(self));
  }

  public static MemorySegment relu(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_relu(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void relu_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_relu_(self));
  }

  public static MemorySegment sigmoid(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_sigmoid(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void sigmoid_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_sigmoid_(self));
  }

  public static MemorySegment tanh(MemorySegment self) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_tanh(self, frame.out(0)));
    return frame.handle(0);
  }

  public static void tanh_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_tanh_(self));
  }

  public static MemorySegment clamp(MemorySegment self, double min, double max) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_clamp(self, min, max, frame.out(0)));
    return frame.handle(0);
  }

  public static void clamp_(MemorySegment self, double min, double max) {
    CallFrame.open();
    Status.check(Sct.sct_clamp_(self, min, max));
  }

  public static MemorySegment clampMin(MemorySegment self, double min) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_clamp_min(self, min, frame.out(0)));
    return frame.handle(0);
  }

  public static void clampMin_(MemorySegment self, double min) {
    CallFrame.open();
    Status.check(Sct.sct_clamp_min_(self, min));
  }

  public static MemorySegment clampMax(MemorySegment self, double max) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_clamp_max(self, max, frame.out(0)));
    return frame.handle(0);
  }

  public static void clampMax_(MemorySegment self, double max) {
    CallFrame.open();
    Status.check(Sct.sct_clamp_max_(self, max));
  }

  public static MemorySegment where(
      MemorySegment condition, MemorySegment self, MemorySegment other) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_where(condition, self, other, frame.out(0)));
    return frame.handle(0);
  }

  public static MemorySegment maskedFill(MemorySegment self, MemorySegment mask, double value) {
    CallFrame frame = CallFrame.open();
    Status.check(Sct.sct_masked_fill(self, mask, value, frame.out(0)));
    return frame.handle(0);
  }

  public static void maskedFill_(MemorySegment self, MemorySegment mask, double value) {
    CallFrame.open();
    Status.check(Sct.sct_masked_fill_(self, mask, value));
  }

  public static void lerp_(MemorySegment self, MemorySegment end, double weight) {
    CallFrame.open();
    Status.check(Sct.sct_lerp_(self, end, weight));
  }

  public static void addcmul_(
      MemorySegment self, MemorySegment tensor1, MemorySegment tensor2, double value) {
    CallFrame.open();
    Status.check(Sct.sct_addcmul_(self, tensor1, tensor2, value));
  }

  public static void addcdiv_(
      MemorySegment self, MemorySegment tensor1, MemorySegment tensor2, double value) {
    CallFrame.open();
    Status.check(Sct.sct_addcdiv_(self, tensor1, tensor2, value));
  }

  public static void fill_(MemorySegment self, double value) {
    CallFrame.open();
    Status.check(Sct.sct_fill_(self, value));
  }

  public static void zero_(MemorySegment self) {
    CallFrame.open();
    Status.check(Sct.sct_zero_(self));
  }
}
