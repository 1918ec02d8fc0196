// The instruction sets that kernels are compiled for.
#pragma once

#include <stdint.h>

#include "sct/augment.h"

namespace sct {

// Whether this machine has an instruction set (SCT_ISA_SCALAR and so on).
bool has_isa(int32_t isa);

}  // namespace sct
