// Whether layers go through kernels of ours where these fit, or through libtorch's operations.
#pragma once

namespace sct {

// False if SIMCLR_LAYERS is libtorch: for comparisons, and to tell whose a result is.
bool own_layers();

}  // namespace sct
