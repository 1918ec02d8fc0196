// Kernels on the current stream of a device.
#pragma once

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <cstdint>

namespace sct {

template <class Pass>
void launch(int (*kernel)(const Pass& pass, cudaStream_t stream), const Pass& pass,
            int32_t device) {
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
  const cudaStream_t stream = c10::cuda::getCurrentCUDAStream();
  C10_CUDA_CHECK(static_cast<cudaError_t>(kernel(pass, stream)));
}

}  // namespace sct
