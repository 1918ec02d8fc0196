// One view, from its parameters to the output.
#pragma once

#include "cpu/augment.h"

namespace sct::augment {

// The kernels of an instruction set that the machine has.
const Kernels& kernels_of(int32_t isa);

// Computes a view whose parameters have been checked.
void compute_view(const Kernels& kernels, const sct_augment_format& format,
                  const sct_augment_view& view, void* out);

}  // namespace sct::augment
