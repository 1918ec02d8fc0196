// The kernels of NT-Xent, on the current stream of a device.
#pragma once

#include "cuda/nt_xent.h"
#include "cuda/nt_xent_fused.h"

namespace sct {

// See CudaTable.
void nt_xent_forward(const nt_xent::cuda::Forward& pass, int32_t device);
void nt_xent_backward(const nt_xent::cuda::Backward& pass, int32_t device);
bool nt_xent_can_fuse(int32_t device);
void nt_xent_fused_forward(const nt_xent::cuda::FusedForward& pass, int32_t device);
void nt_xent_fused_backward(const nt_xent::cuda::FusedBackward& pass, int32_t device);

}  // namespace sct
