// The shapes that most exported functions have.
#pragma once

#include "detail/args.h"
#include "detail/box.h"
#include "detail/guard.h"

namespace sct {

using Tensor = at::Tensor;

// Runs `op`, which returns a tensor, into a new handle.
template <class Op>
sct_status produce(const char* name, std::initializer_list<sct_tensor> tensors, sct_tensor* ret_out,
                   Op&& op) noexcept {
  return guard(name, tensors, [&] {
    require(ret_out, "ret_out");
    *ret_out = box(op());
  });
}

inline sct_status unary(const char* name, sct_tensor self, sct_tensor* ret_out,
                        Tensor (*op)(const Tensor&)) noexcept {
  return produce(name, {self}, ret_out, [&] { return op(unbox(self, "self")); });
}

inline sct_status unary_(const char* name, sct_tensor self,
                         Tensor& (Tensor::*op)() const) noexcept {
  return guard(name, {self}, [&] { (unbox(self, "self").*op)(); });
}

inline sct_status binary(const char* name, sct_tensor self, sct_tensor other, sct_tensor* ret_out,
                         Tensor (*op)(const Tensor&, const Tensor&)) noexcept {
  return produce(name, {self, other}, ret_out,
                 [&] { return op(unbox(self, "self"), unbox(other, "other")); });
}

inline sct_status with_scalar(const char* name, sct_tensor self, double other, sct_tensor* ret_out,
                              Tensor (*op)(const Tensor&, const at::Scalar&)) noexcept {
  return produce(name, {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    return op(x, scalar(x, other));
  });
}

}  // namespace sct
