// One view, from its parameters to the output.
#pragma once

#include "cpu/augment.h"

namespace sct::augment {

// The kernels of an instruction set that the machine has.
const Kernels& kernels_of(int32_t isa);

// Standard deviation and size to the weights of a blur: `weight` receives radius + 1 of them, the
// radius being that of the taps that matter in float32.
int32_t blur_weights(float sigma, int32_t radius, float* weight);

// Taps to each side of the centre of a blur of a view, 0 if blurring changes nothing.
constexpr int32_t blur_radius(int32_t size) { return size / 10 / 2; }

// Computes a view whose parameters have been checked.
void compute_view(const Kernels& kernels, const sct_augment_format& format,
                  const sct_augment_view& view, void* out);

}  // namespace sct::augment
