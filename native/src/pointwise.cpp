#include "sct/pointwise.h"

#include <ATen/ops/abs.h>
#include <ATen/ops/add.h>
#include <ATen/ops/addcdiv.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/ceil.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/div.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/erfinv.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/fill.h>
#include <ATen/ops/floor.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/log.h>
#include <ATen/ops/log1p.h>
#include <ATen/ops/masked_fill.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/reciprocal.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/round.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/rsub.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/sign.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/square.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zero.h>

#include <functional>

#include "detail/call.h"
#include "detail/small.h"

using namespace sct;

sct_status sct_add(sct_tensor self, sct_tensor other, double alpha, sct_tensor* ret_out) {
  return produce("add", {self, other}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    const Tensor& y = unbox(other, "other");
    const auto op = [&](const Tensor& a, const Tensor& b) {
      return at::add(a, b, scalar(a, b, alpha));
    };
    // Another factor would round twice.
    return alpha == 1 ? small_or(x, y, std::plus<float>(), op) : op(x, y);
  });
}

sct_status sct_add_(sct_tensor self, sct_tensor other, double alpha) {
  return guard("add_", {self, other}, [&] {
    Tensor& x = unbox(self, "self");
    const Tensor& y = unbox(other, "other");
    x.add_(y, scalar(x, y, alpha));
  });
}

sct_status sct_sub(sct_tensor self, sct_tensor other, double alpha, sct_tensor* ret_out) {
  return produce("sub", {self, other}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    const Tensor& y = unbox(other, "other");
    const auto op = [&](const Tensor& a, const Tensor& b) {
      return at::sub(a, b, scalar(a, b, alpha));
    };
    // Another factor would round twice.
    return alpha == 1 ? small_or(x, y, std::minus<float>(), op) : op(x, y);
  });
}

sct_status sct_sub_(sct_tensor self, sct_tensor other, double alpha) {
  return guard("sub_", {self, other}, [&] {
    Tensor& x = unbox(self, "self");
    const Tensor& y = unbox(other, "other");
    x.sub_(y, scalar(x, y, alpha));
  });
}

sct_status sct_mul(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("mul", self, other, ret_out, [](const Tensor& x, const Tensor& y) {
    return small_or(x, y, std::multiplies<float>(),
                    [](const Tensor& a, const Tensor& b) { return at::mul(a, b); });
  });
}

sct_status sct_mul_(sct_tensor self, sct_tensor other) {
  return guard("mul_", {self, other}, [&] { unbox(self, "self").mul_(unbox(other, "other")); });
}

sct_status sct_div(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("div", self, other, ret_out, [](const Tensor& x, const Tensor& y) {
    return small_or(x, y, std::divides<float>(),
                    [](const Tensor& a, const Tensor& b) { return at::div(a, b); });
  });
}

sct_status sct_div_(sct_tensor self, sct_tensor other) {
  return guard("div_", {self, other}, [&] { unbox(self, "self").div_(unbox(other, "other")); });
}

sct_status sct_add_scalar(sct_tensor self, double other, sct_tensor* ret_out) {
  return with_scalar("add_scalar", self, other, ret_out,
                     [](const Tensor& x, const at::Scalar& y) { return at::add(x, y); });
}

sct_status sct_add_scalar_(sct_tensor self, double other) {
  return guard("add_scalar_", {self}, [&] {
    Tensor& x = unbox(self, "self");
    x.add_(scalar(x, other));
  });
}

sct_status sct_sub_scalar(sct_tensor self, double other, sct_tensor* ret_out) {
  return with_scalar("sub_scalar", self, other, ret_out,
                     [](const Tensor& x, const at::Scalar& y) { return at::sub(x, y); });
}

sct_status sct_sub_scalar_(sct_tensor self, double other) {
  return guard("sub_scalar_", {self}, [&] {
    Tensor& x = unbox(self, "self");
    x.sub_(scalar(x, other));
  });
}

sct_status sct_mul_scalar(sct_tensor self, double other, sct_tensor* ret_out) {
  return with_scalar("mul_scalar", self, other, ret_out,
                     [](const Tensor& x, const at::Scalar& y) { return at::mul(x, y); });
}

sct_status sct_mul_scalar_(sct_tensor self, double other) {
  return guard("mul_scalar_", {self}, [&] {
    Tensor& x = unbox(self, "self");
    x.mul_(scalar(x, other));
  });
}

sct_status sct_div_scalar(sct_tensor self, double other, sct_tensor* ret_out) {
  return with_scalar("div_scalar", self, other, ret_out,
                     [](const Tensor& x, const at::Scalar& y) { return at::div(x, y); });
}

sct_status sct_div_scalar_(sct_tensor self, double other) {
  return guard("div_scalar_", {self}, [&] {
    Tensor& x = unbox(self, "self");
    x.div_(scalar(x, other));
  });
}

sct_status sct_rsub_scalar(sct_tensor self, double other, sct_tensor* ret_out) {
  return with_scalar("rsub_scalar", self, other, ret_out,
                     [](const Tensor& x, const at::Scalar& y) { return at::rsub(x, y); });
}

sct_status sct_pow(sct_tensor self, sct_tensor exponent, sct_tensor* ret_out) {
  return binary("pow", self, exponent, ret_out, at::pow);
}

sct_status sct_pow_scalar(sct_tensor self, double exponent, sct_tensor* ret_out) {
  return with_scalar("pow_scalar", self, exponent, ret_out, at::pow);
}

sct_status sct_pow_scalar_(sct_tensor self, double exponent) {
  return guard("pow_scalar_", {self}, [&] {
    Tensor& x = unbox(self, "self");
    x.pow_(scalar(x, exponent));
  });
}

sct_status sct_maximum(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("maximum", self, other, ret_out, at::maximum);
}

sct_status sct_minimum(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("minimum", self, other, ret_out, at::minimum);
}

sct_status sct_neg(sct_tensor self, sct_tensor* ret_out) {
  return unary("neg", self, ret_out, at::neg);
}

sct_status sct_neg_(sct_tensor self) { return unary_("neg_", self, &Tensor::neg_); }

sct_status sct_exp(sct_tensor self, sct_tensor* ret_out) {
  return unary("exp", self, ret_out, at::exp);
}

sct_status sct_exp_(sct_tensor self) { return unary_("exp_", self, &Tensor::exp_); }

sct_status sct_log(sct_tensor self, sct_tensor* ret_out) {
  return unary("log", self, ret_out, at::log);
}

sct_status sct_log_(sct_tensor self) { return unary_("log_", self, &Tensor::log_); }

sct_status sct_log1p(sct_tensor self, sct_tensor* ret_out) {
  return unary("log1p", self, ret_out, at::log1p);
}

sct_status sct_log1p_(sct_tensor self) { return unary_("log1p_", self, &Tensor::log1p_); }

sct_status sct_sqrt(sct_tensor self, sct_tensor* ret_out) {
  return unary("sqrt", self, ret_out, at::sqrt);
}

sct_status sct_sqrt_(sct_tensor self) { return unary_("sqrt_", self, &Tensor::sqrt_); }

sct_status sct_rsqrt(sct_tensor self, sct_tensor* ret_out) {
  return unary("rsqrt", self, ret_out, at::rsqrt);
}

sct_status sct_rsqrt_(sct_tensor self) { return unary_("rsqrt_", self, &Tensor::rsqrt_); }

sct_status sct_square(sct_tensor self, sct_tensor* ret_out) {
  return unary("square", self, ret_out, at::square);
}

sct_status sct_square_(sct_tensor self) { return unary_("square_", self, &Tensor::square_); }

sct_status sct_reciprocal(sct_tensor self, sct_tensor* ret_out) {
  return unary("reciprocal", self, ret_out, at::reciprocal);
}

sct_status sct_reciprocal_(sct_tensor self) {
  return unary_("reciprocal_", self, &Tensor::reciprocal_);
}

sct_status sct_abs(sct_tensor self, sct_tensor* ret_out) {
  return unary("abs", self, ret_out, at::abs);
}

sct_status sct_abs_(sct_tensor self) { return unary_("abs_", self, &Tensor::abs_); }

sct_status sct_sign(sct_tensor self, sct_tensor* ret_out) {
  return unary("sign", self, ret_out, at::sign);
}

sct_status sct_sign_(sct_tensor self) { return unary_("sign_", self, &Tensor::sign_); }

sct_status sct_floor(sct_tensor self, sct_tensor* ret_out) {
  return unary("floor", self, ret_out, at::floor);
}

sct_status sct_floor_(sct_tensor self) { return unary_("floor_", self, &Tensor::floor_); }

sct_status sct_ceil(sct_tensor self, sct_tensor* ret_out) {
  return unary("ceil", self, ret_out, at::ceil);
}

sct_status sct_ceil_(sct_tensor self) { return unary_("ceil_", self, &Tensor::ceil_); }

sct_status sct_round(sct_tensor self, sct_tensor* ret_out) {
  return unary("round", self, ret_out, at::round);
}

sct_status sct_round_(sct_tensor self) { return unary_("round_", self, &Tensor::round_); }

sct_status sct_sin(sct_tensor self, sct_tensor* ret_out) {
  return unary("sin", self, ret_out, at::sin);
}

sct_status sct_sin_(sct_tensor self) { return unary_("sin_", self, &Tensor::sin_); }

sct_status sct_cos(sct_tensor self, sct_tensor* ret_out) {
  return unary("cos", self, ret_out, at::cos);
}

sct_status sct_cos_(sct_tensor self) { return unary_("cos_", self, &Tensor::cos_); }

sct_status sct_erf(sct_tensor self, sct_tensor* ret_out) {
  return unary("erf", self, ret_out, at::erf);
}

sct_status sct_erf_(sct_tensor self) { return unary_("erf_", self, &Tensor::erf_); }

sct_status sct_erfinv(sct_tensor self, sct_tensor* ret_out) {
  return unary("erfinv", self, ret_out, at::erfinv);
}

sct_status sct_erfinv_(sct_tensor self) { return unary_("erfinv_", self, &Tensor::erfinv_); }

sct_status sct_relu(sct_tensor self, sct_tensor* ret_out) {
  return unary("relu", self, ret_out, at::relu);
}

sct_status sct_relu_(sct_tensor self) { return unary_("relu_", self, &Tensor::relu_); }

sct_status sct_sigmoid(sct_tensor self, sct_tensor* ret_out) {
  return unary("sigmoid", self, ret_out, at::sigmoid);
}

sct_status sct_sigmoid_(sct_tensor self) { return unary_("sigmoid_", self, &Tensor::sigmoid_); }

sct_status sct_tanh(sct_tensor self, sct_tensor* ret_out) {
  return unary("tanh", self, ret_out, at::tanh);
}

sct_status sct_tanh_(sct_tensor self) { return unary_("tanh_", self, &Tensor::tanh_); }

sct_status sct_clamp(sct_tensor self, double min, double max, sct_tensor* ret_out) {
  return produce("clamp", {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    return at::clamp(x, scalar(x, min), scalar(x, max));
  });
}

sct_status sct_clamp_(sct_tensor self, double min, double max) {
  return guard("clamp_", {self}, [&] {
    Tensor& x = unbox(self, "self");
    at::clamp_(x, scalar(x, min), scalar(x, max));
  });
}

sct_status sct_clamp_min(sct_tensor self, double min, sct_tensor* ret_out) {
  return with_scalar("clamp_min", self, min, ret_out, at::clamp_min);
}

sct_status sct_clamp_min_(sct_tensor self, double min) {
  return guard("clamp_min_", {self}, [&] {
    Tensor& x = unbox(self, "self");
    at::clamp_min_(x, scalar(x, min));
  });
}

sct_status sct_clamp_max(sct_tensor self, double max, sct_tensor* ret_out) {
  return with_scalar("clamp_max", self, max, ret_out, at::clamp_max);
}

sct_status sct_clamp_max_(sct_tensor self, double max) {
  return guard("clamp_max_", {self}, [&] {
    Tensor& x = unbox(self, "self");
    at::clamp_max_(x, scalar(x, max));
  });
}

sct_status sct_where(sct_tensor condition, sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return produce("where", {condition, self, other}, ret_out, [&] {
    return at::where(unbox(condition, "condition"), unbox(self, "self"), unbox(other, "other"));
  });
}

sct_status sct_masked_fill(sct_tensor self, sct_tensor mask, double value, sct_tensor* ret_out) {
  return produce("masked_fill", {self, mask}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    return at::masked_fill(x, unbox(mask, "mask"), scalar(x, value));
  });
}

sct_status sct_masked_fill_(sct_tensor self, sct_tensor mask, double value) {
  return guard("masked_fill_", {self, mask}, [&] {
    Tensor& x = unbox(self, "self");
    x.masked_fill_(unbox(mask, "mask"), scalar(x, value));
  });
}

sct_status sct_lerp_(sct_tensor self, sct_tensor end, double weight) {
  return guard("lerp_", {self, end}, [&] { unbox(self, "self").lerp_(unbox(end, "end"), weight); });
}

sct_status sct_addcmul_(sct_tensor self, sct_tensor tensor1, sct_tensor tensor2, double value) {
  return guard("addcmul_", {self, tensor1, tensor2}, [&] {
    Tensor& x = unbox(self, "self");
    x.addcmul_(unbox(tensor1, "tensor1"), unbox(tensor2, "tensor2"), scalar(x, value));
  });
}

sct_status sct_addcdiv_(sct_tensor self, sct_tensor tensor1, sct_tensor tensor2, double value) {
  return guard("addcdiv_", {self, tensor1, tensor2}, [&] {
    Tensor& x = unbox(self, "self");
    x.addcdiv_(unbox(tensor1, "tensor1"), unbox(tensor2, "tensor2"), scalar(x, value));
  });
}

sct_status sct_fill_(sct_tensor self, double value) {
  return guard("fill_", {self}, [&] {
    Tensor& x = unbox(self, "self");
    x.fill_(scalar(x, value));
  });
}

sct_status sct_zero_(sct_tensor self) {
  return guard("zero_", {self}, [&] { unbox(self, "self").zero_(); });
}
