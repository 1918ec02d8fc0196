#include "sct/compare.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/isnan.h>
#include <ATen/ops/le.h>
#include <ATen/ops/logical_and.h>
#include <ATen/ops/logical_not.h>
#include <ATen/ops/logical_or.h>
#include <ATen/ops/lt.h>
#include <ATen/ops/ne.h>

#include "detail/call.h"

using namespace sct;

sct_status sct_eq(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("eq", self, other, ret_out, at::eq);
}

sct_status sct_eq_scalar(sct_tensor self, double other, sct_tensor* ret_out) {
  return with_scalar("eq_scalar", self, other, ret_out, at::eq);
}

sct_status sct_ne(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("ne", self, other, ret_out, at::ne);
}

sct_status sct_ne_scalar(sct_tensor self, double other, sct_tensor* ret_out) {
  return with_scalar("ne_scalar", self, other, ret_out, at::ne);
}

sct_status sct_lt(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("lt", self, other, ret_out, at::lt);
}

sct_status sct_lt_scalar(sct_tensor self, double other, sct_tensor* ret_out) {
  return with_scalar("lt_scalar", self, other, ret_out, at::lt);
}

sct_status sct_le(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("le", self, other, ret_out, at::le);
}

sct_status sct_le_scalar(sct_tensor self, double other, sct_tensor* ret_out) {
  return with_scalar("le_scalar", self, other, ret_out, at::le);
}

sct_status sct_gt(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("gt", self, other, ret_out, at::gt);
}

sct_status sct_gt_scalar(sct_tensor self, double other, sct_tensor* ret_out) {
  return with_scalar("gt_scalar", self, other, ret_out, at::gt);
}

sct_status sct_ge(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("ge", self, other, ret_out, at::ge);
}

sct_status sct_ge_scalar(sct_tensor self, double other, sct_tensor* ret_out) {
  return with_scalar("ge_scalar", self, other, ret_out, at::ge);
}

sct_status sct_logical_and(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("logical_and", self, other, ret_out, at::logical_and);
}

sct_status sct_logical_or(sct_tensor self, sct_tensor other, sct_tensor* ret_out) {
  return binary("logical_or", self, other, ret_out, at::logical_or);
}

sct_status sct_logical_not(sct_tensor self, sct_tensor* ret_out) {
  return unary("logical_not", self, ret_out, at::logical_not);
}

sct_status sct_isfinite(sct_tensor self, sct_tensor* ret_out) {
  return unary("isfinite", self, ret_out, at::isfinite);
}

sct_status sct_isnan(sct_tensor self, sct_tensor* ret_out) {
  return unary("isnan", self, ret_out, at::isnan);
}

sct_status sct_equal(sct_tensor self, sct_tensor other, bool* ret_equal) {
  return guard("equal", {self, other}, [&] {
    const Tensor& x = unbox(self, "self");
    const Tensor& y = unbox(other, "other");
    require(ret_equal, "ret_equal");
    *ret_equal = at::equal(x, y);
  });
}

sct_status sct_allclose(sct_tensor self, sct_tensor other, double rtol, double atol,
                        bool* ret_close) {
  return guard("allclose", {self, other}, [&] {
    const Tensor& x = unbox(self, "self");
    const Tensor& y = unbox(other, "other");
    require(ret_close, "ret_close");
    *ret_close = at::allclose(x, y, rtol, atol);
  });
}
