#include "cuda/nt_xent_launch.h"

#include "cuda/launch.h"

namespace sct {

void nt_xent_forward(const nt_xent::cuda::Forward& pass, int32_t device) {
  launch(nt_xent::cuda::launch_forward, pass, device);
}

void nt_xent_backward(const nt_xent::cuda::Backward& pass, int32_t device) {
  launch(nt_xent::cuda::launch_backward, pass, device);
}

bool nt_xent_can_fuse(int32_t device) {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
  bool result = false;
  C10_CUDA_CHECK(static_cast<cudaError_t>(nt_xent::cuda::can_fuse(result)));
  return result;
}

void nt_xent_fused_forward(const nt_xent::cuda::FusedForward& pass, int32_t device) {
  launch(nt_xent::cuda::launch_fused_forward, pass, device);
}

void nt_xent_fused_backward(const nt_xent::cuda::FusedBackward& pass, int32_t device) {
  launch(nt_xent::cuda::launch_fused_backward, pass, device);
}

}  // namespace sct
