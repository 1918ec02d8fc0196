// 3 x 3 convolutions on all threads.
#pragma once

#include <vector>

#include "cpu/conv3x3.h"

namespace sct::conv3x3 {

// What this machine has for an instruction set and a dtype; null for nothing.
const Kernels* kernels_of(int32_t isa, bool bfloat16);

// A weight w[o][i][kh][kw] of float32 by its strides, in elements.
struct Weight {
  const float* data;
  int64_t out;
  int64_t in;
  int64_t strides[4];
};

// The units that forward takes, and input_gradient.
std::vector<float> units_of_inputs(const Kernels& kernels, const Weight& weight);
std::vector<float> units_of_outputs(const Kernels& kernels, const Weight& weight);

// x [images, H, W, in] to y, and dy to dx.
void forward(const Kernels& kernels, int64_t images, Shape shape, const void* x, const float* units,
             void* y);
void input_gradient(const Kernels& kernels, int64_t images, Shape shape, const void* dy,
                    const float* units, void* dx);

// The gradient of the weight, [3, 3, in, out], with the kernel's weight_gradient: the same bits
// with any number of threads.
void weight_gradient(const Kernels& kernels, int64_t images, Shape shape, const void* x,
                     const void* dy, double* grad);

}  // namespace sct::conv3x3
