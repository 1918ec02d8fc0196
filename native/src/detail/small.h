// Pointwise operations on two small tensors by a loop of our own. For 4 floats, libtorch's
// dispatcher and iterator take some ten times as long as making the result and computing it.
#pragma once

#include <ATen/EmptyTensor.h>
#include <ATen/core/Tensor.h>

namespace sct {

// Whether a loop over the elements computes what libtorch would, and faster: both tensors are
// float32 on the CPU, contiguous, of the same sizes and of at most 1,024 elements, no gradient is
// to be recorded, and neither autocast nor a profiler nor anything else that the dispatcher knows
// takes part.
bool is_small(const at::Tensor& x, const at::Tensor& y);

// `kernel(a, b)` of each pair of elements where the tensors are small, else `op(x, y)`. The kernel
// rounds once, as each of libtorch's does, so the bits are the same, but for
// which of two NaN is the result.
template <class Kernel, class Op>
at::Tensor small_or(const at::Tensor& x, const at::Tensor& y, Kernel&& kernel, Op&& op) {
  if (!is_small(x, y)) {
    return op(x, y);
  }
  at::Tensor out = at::detail::empty_cpu(x.sizes(), at::kFloat, /*pin_memory=*/false, std::nullopt);
  const float* a = x.const_data_ptr<float>();
  const float* b = y.const_data_ptr<float>();
  float* results = out.mutable_data_ptr<float>();
  for (int64_t i = 0; i < x.numel(); i++) {
    results[i] = kernel(a[i], b[i]);
  }
  return out;
}

}  // namespace sct
