/* Elementwise arithmetic. Operands broadcast and promote as in PyTorch. */
#ifndef SCT_POINTWISE_H
#define SCT_POINTWISE_H

#include "status.h"
#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* self + alpha x other. */
SCT_API sct_status sct_add(sct_tensor self, sct_tensor other, double alpha, sct_tensor *ret_out);

/* self + alpha x other, into `self`. */
SCT_API sct_status sct_add_(sct_tensor self, sct_tensor other, double alpha);

/* self - alpha x other. */
SCT_API sct_status sct_sub(sct_tensor self, sct_tensor other, double alpha, sct_tensor *ret_out);

/* self - alpha x other, into `self`. */
SCT_API sct_status sct_sub_(sct_tensor self, sct_tensor other, double alpha);

/* self x other. */
SCT_API sct_status sct_mul(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* self x other, into `self`. */
SCT_API sct_status sct_mul_(sct_tensor self, sct_tensor other);

/* self / other, true division. */
SCT_API sct_status sct_div(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* self / other, true division, into `self`. */
SCT_API sct_status sct_div_(sct_tensor self, sct_tensor other);

/* self + other. */
SCT_API sct_status sct_add_scalar(sct_tensor self, double other, sct_tensor *ret_out);

/* self + other, into `self`. */
SCT_API sct_status sct_add_scalar_(sct_tensor self, double other);

/* self - other. */
SCT_API sct_status sct_sub_scalar(sct_tensor self, double other, sct_tensor *ret_out);

/* self - other, into `self`. */
SCT_API sct_status sct_sub_scalar_(sct_tensor self, double other);

/* self x other. */
SCT_API sct_status sct_mul_scalar(sct_tensor self, double other, sct_tensor *ret_out);

/* self x other, into `self`. */
SCT_API sct_status sct_mul_scalar_(sct_tensor self, double other);

/* self / other, true division. */
SCT_API sct_status sct_div_scalar(sct_tensor self, double other, sct_tensor *ret_out);

/* self / other, true division, into `self`. */
SCT_API sct_status sct_div_scalar_(sct_tensor self, double other);

/* other - self. */
SCT_API sct_status sct_rsub_scalar(sct_tensor self, double other, sct_tensor *ret_out);

/* self ^ exponent. */
SCT_API sct_status sct_pow(sct_tensor self, sct_tensor exponent, sct_tensor *ret_out);

/* self ^ exponent. */
SCT_API sct_status sct_pow_scalar(sct_tensor self, double exponent, sct_tensor *ret_out);

/* self ^ exponent, into `self`. */
SCT_API sct_status sct_pow_scalar_(sct_tensor self, double exponent);

/* The larger of both; NaN if either is. */
SCT_API sct_status sct_maximum(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* The smaller of both; NaN if either is. */
SCT_API sct_status sct_minimum(sct_tensor self, sct_tensor other, sct_tensor *ret_out);

/* -x. */
SCT_API sct_status sct_neg(sct_tensor self, sct_tensor *ret_out);

/* -x, into `self`. */
SCT_API sct_status sct_neg_(sct_tensor self);

/* e^x. */
SCT_API sct_status sct_exp(sct_tensor self, sct_tensor *ret_out);

/* e^x, into `self`. */
SCT_API sct_status sct_exp_(sct_tensor self);

/* Natural logarithm. */
SCT_API sct_status sct_log(sct_tensor self, sct_tensor *ret_out);

/* Natural logarithm, into `self`. */
SCT_API sct_status sct_log_(sct_tensor self);

/* log(1 + x). */
SCT_API sct_status sct_log1p(sct_tensor self, sct_tensor *ret_out);

/* log(1 + x), into `self`. */
SCT_API sct_status sct_log1p_(sct_tensor self);

/* Square root. */
SCT_API sct_status sct_sqrt(sct_tensor self, sct_tensor *ret_out);

/* Square root, into `self`. */
SCT_API sct_status sct_sqrt_(sct_tensor self);

/* 1 / sqrt(x). */
SCT_API sct_status sct_rsqrt(sct_tensor self, sct_tensor *ret_out);

/* 1 / sqrt(x), into `self`. */
SCT_API sct_status sct_rsqrt_(sct_tensor self);

/* x^2. */
SCT_API sct_status sct_square(sct_tensor self, sct_tensor *ret_out);

/* x^2, into `self`. */
SCT_API sct_status sct_square_(sct_tensor self);

/* 1 / x. */
SCT_API sct_status sct_reciprocal(sct_tensor self, sct_tensor *ret_out);

/* 1 / x, into `self`. */
SCT_API sct_status sct_reciprocal_(sct_tensor self);

/* |x|. */
SCT_API sct_status sct_abs(sct_tensor self, sct_tensor *ret_out);

/* |x|, into `self`. */
SCT_API sct_status sct_abs_(sct_tensor self);

/* -1, 0 or 1. */
SCT_API sct_status sct_sign(sct_tensor self, sct_tensor *ret_out);

/* -1, 0 or 1, into `self`. */
SCT_API sct_status sct_sign_(sct_tensor self);

/* Largest whole number not above x. */
SCT_API sct_status sct_floor(sct_tensor self, sct_tensor *ret_out);

/* Largest whole number not above x, into `self`. */
SCT_API sct_status sct_floor_(sct_tensor self);

/* Smallest whole number not below x. */
SCT_API sct_status sct_ceil(sct_tensor self, sct_tensor *ret_out);

/* Smallest whole number not below x, into `self`. */
SCT_API sct_status sct_ceil_(sct_tensor self);

/* Nearest whole number, halves to even. */
SCT_API sct_status sct_round(sct_tensor self, sct_tensor *ret_out);

/* Nearest whole number, halves to even, into `self`. */
SCT_API sct_status sct_round_(sct_tensor self);

/* Sine of radians. */
SCT_API sct_status sct_sin(sct_tensor self, sct_tensor *ret_out);

/* Sine of radians, into `self`. */
SCT_API sct_status sct_sin_(sct_tensor self);

/* Cosine of radians. */
SCT_API sct_status sct_cos(sct_tensor self, sct_tensor *ret_out);

/* Cosine of radians, into `self`. */
SCT_API sct_status sct_cos_(sct_tensor self);

/* Error function. */
SCT_API sct_status sct_erf(sct_tensor self, sct_tensor *ret_out);

/* Error function, into `self`. */
SCT_API sct_status sct_erf_(sct_tensor self);

/* Inverse of the error function. */
SCT_API sct_status sct_erfinv(sct_tensor self, sct_tensor *ret_out);

/* Inverse of the error function, into `self`. */
SCT_API sct_status sct_erfinv_(sct_tensor self);

/* max(x, 0). */
SCT_API sct_status sct_relu(sct_tensor self, sct_tensor *ret_out);

/* max(x, 0), into `self`. */
SCT_API sct_status sct_relu_(sct_tensor self);

/* 1 / (1 + e^-x). */
SCT_API sct_status sct_sigmoid(sct_tensor self, sct_tensor *ret_out);

/* 1 / (1 + e^-x), into `self`. */
SCT_API sct_status sct_sigmoid_(sct_tensor self);

/* Hyperbolic tangent. */
SCT_API sct_status sct_tanh(sct_tensor self, sct_tensor *ret_out);

/* Hyperbolic tangent, into `self`. */
SCT_API sct_status sct_tanh_(sct_tensor self);

/* Values forced into [min, max]. */
SCT_API sct_status sct_clamp(sct_tensor self, double min, double max, sct_tensor *ret_out);

/* Values forced into [min, max], into `self`. */
SCT_API sct_status sct_clamp_(sct_tensor self, double min, double max);

/* max(x, min). */
SCT_API sct_status sct_clamp_min(sct_tensor self, double min, sct_tensor *ret_out);

/* max(x, min), into `self`. */
SCT_API sct_status sct_clamp_min_(sct_tensor self, double min);

/* min(x, max). */
SCT_API sct_status sct_clamp_max(sct_tensor self, double max, sct_tensor *ret_out);

/* min(x, max), into `self`. */
SCT_API sct_status sct_clamp_max_(sct_tensor self, double max);

/* condition (bool) ? self : other, elementwise. */
SCT_API sct_status sct_where(sct_tensor condition, sct_tensor self, sct_tensor other,
                             sct_tensor *ret_out);

/* `value` where the bool `mask` is true, else self. */
SCT_API sct_status sct_masked_fill(sct_tensor self, sct_tensor mask, double value,
                                   sct_tensor *ret_out);

/* `value` where the bool `mask` is true, into `self`. */
SCT_API sct_status sct_masked_fill_(sct_tensor self, sct_tensor mask, double value);

/* self + weight x (end - self), into `self`. */
SCT_API sct_status sct_lerp_(sct_tensor self, sct_tensor end, double weight);

/* self + value x tensor1 x tensor2, into `self`. */
SCT_API sct_status sct_addcmul_(sct_tensor self, sct_tensor tensor1, sct_tensor tensor2,
                                double value);

/* self + value x tensor1 / tensor2, into `self`. */
SCT_API sct_status sct_addcdiv_(sct_tensor self, sct_tensor tensor1, sct_tensor tensor2,
                                double value);

/* All elements `value`. */
SCT_API sct_status sct_fill_(sct_tensor self, double value);

/* All elements zero. */
SCT_API sct_status sct_zero_(sct_tensor self);

#ifdef __cplusplus
}
#endif

#endif
