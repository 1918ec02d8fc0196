// The kernels of NT-Xent, on the current stream of a device.
#pragma once

#include "cuda/nt_xent.h"

namespace sct {

// See CudaTable.
void nt_xent_forward(const nt_xent::cuda::Forward& pass, int32_t device);
void nt_xent_backward(const nt_xent::cuda::Backward& pass, int32_t device);

}  // namespace sct
