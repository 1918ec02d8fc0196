// Arguments other than tensors: checked, then in libtorch's types.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/MemoryFormat.h>
#include <c10/core/TensorOptions.h>

#include "detail/guard.h"

namespace sct {

// `count` numbers, at most SCT_MAX_DIM.
at::IntArrayRef ints(const int64_t* values, int64_t count, const char* name);

// No value for NULL with count 0, which means all dimensions.
at::OptionalIntArrayRef dims_or_all(const int64_t* values, int64_t count);

// Sizes of a new tensor: none negative.
at::IntArrayRef new_sizes(const int64_t* values, int64_t count);

at::ScalarType dtype(int32_t value);
at::Device device(int32_t type, int32_t index);
at::MemoryFormat memory_format(int32_t value);
at::TensorOptions options(int32_t dtype, int32_t device_type, int32_t device_index);

// An operand beside `self`: an integer where `self` is integral and the value whole.
at::Scalar scalar(const at::Tensor& self, double value);

// A factor of `other` in self + factor other, which libtorch wants integral only if both are.
at::Scalar scalar(const at::Tensor& self, const at::Tensor& other, double value);

}  // namespace sct
