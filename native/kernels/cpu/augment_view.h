// One view, from its parameters to the output.
#pragma once

#include "cpu/augment.h"

namespace sct::augment {

// Whether this machine has an instruction set (SCT_ISA_SCALAR and so on).
bool has_isa(int32_t isa);

// The kernels of an instruction set that the machine has.
const Kernels& kernels_of(int32_t isa);

// Computes a view whose parameters have been checked.
void compute_view(const Kernels& kernels, const sct_augment_format& format,
                  const sct_augment_view& view, void* out);

}  // namespace sct::augment
