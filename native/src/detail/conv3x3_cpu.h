// Convolutions of 3 x 3 with few channels, on the CPU.
#pragma once

#include <ATen/core/Tensor.h>

namespace sct {

// Whether kernels of ours win some pass of a convolution of `x` with padding and dilation 1, one
// group and no bias: float32 or bfloat16 images in channels-last memory, channels and sizes that
// they win with, and an instruction set that they have. Under autocast to bfloat16 the weight may
// be float32.
bool fits_conv3x3_cpu(const at::Tensor& x, const at::Tensor& weight, at::IntArrayRef stride);

// conv2d(x, weight, stride, padding = 1), differentiable any number of times. The kernel sums the
// weight's gradient in float32; it has the weight's dtype.
at::Tensor conv3x3_cpu(const at::Tensor& x, const at::Tensor& weight, int64_t stride);

}  // namespace sct
