// Convolutions of 3 x 3 with few channels, on the CPU.
#pragma once

#include <ATen/core/Tensor.h>

namespace sct {

// Whether the kernel takes a convolution of `x` without bias, whose stride, padding and dilation
// are 1 and that has one group: float32 or bfloat16 images in channels-last memory, channels and
// sizes that it wins with, and an instruction set that it has. Under autocast to bfloat16 the
// weight may be float32.
bool fits_conv3x3_cpu(const at::Tensor& x, const at::Tensor& weight);

// conv2d(x, weight, padding = 1), differentiable any number of times. The weight's gradient is
// summed in float32 and has the weight's dtype.
at::Tensor conv3x3_cpu(const at::Tensor& x, const at::Tensor& weight);

}  // namespace sct
