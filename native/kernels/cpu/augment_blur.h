// The weights of a blur.
#pragma once

#include "cpu/augment.h"

namespace sct::augment {

// Standard deviation and size to the weights of a blur: `weight` receives radius + 1 of them, the
// radius being that of the taps that matter in float32.
int32_t blur_weights(float sigma, int32_t radius, float* weight);

// Taps to each side of the centre of a blur of a view, 0 if blurring changes nothing.
constexpr int32_t blur_radius(int32_t size) { return size / 10 / 2; }

// The kernel of a blur of a view of `size` pixels, with the weights that were computed.
BlurKernel blur_kernel(int32_t size, int32_t radius, const float* weight, bool zero_border);

}  // namespace sct::augment
