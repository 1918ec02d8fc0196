// Which instruction set kernels use.
#pragma once

#include <cstdint>

namespace sct {

// `isa` where the machine has it; for SCT_ISA_AUTO the one that SIMCLR_ISA names, or the best one.
int32_t resolve_isa(int32_t isa);

}  // namespace sct
