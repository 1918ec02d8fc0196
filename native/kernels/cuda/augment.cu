#include <cuda_runtime.h>

#include <algorithm>

#include "cuda/augment_stage.h"

namespace sct::augment::cuda {
namespace {

constexpr int32_t kWarp = 32;
constexpr int32_t kLargestBlock = 1024;

__global__ __launch_bounds__(kLargestBlock) void view_in_shared_memory(Batch batch, int64_t first) {
  extern __shared__ __align__(16) char shared[];
  const View& view = batch.views[first + blockIdx.x];
  const Memory memory = memory_at(shared, batch.size);
  for (int32_t i = 0; i < view.stage_count; i++) {
    run_stage(batch, view, batch.stages[view.first_stage + i], memory,
              static_cast<int32_t>(threadIdx.x), static_cast<int32_t>(blockDim.x));
    __syncthreads();
  }
}

__global__ void stage_in_device_memory(Batch batch, int64_t first, int32_t stage, char* memory,
                                       int64_t view_memory) {
  const View& view = batch.views[first + blockIdx.y];
  if (stage < view.stage_count) {
    run_stage(batch, view, batch.stages[view.first_stage + stage],
              memory_at(memory + blockIdx.y * view_memory, batch.size),
              static_cast<int32_t>(blockIdx.x * blockDim.x + threadIdx.x),
              static_cast<int32_t>(gridDim.x * blockDim.x));
  }
}

// Threads for `pixels` pixels, about four each: whole warps.
int32_t block_of(int32_t pixels) {
  constexpr int32_t kPixels = 4;
  const int32_t warps = (pixels + kWarp * kPixels - 1) / (kWarp * kPixels);
  return std::min(warps * kWarp, kLargestBlock);
}

}  // namespace

int allow_shared_memory(int device, int* ret_bytes) {
  const cudaError_t error =
      cudaDeviceGetAttribute(ret_bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
  if (error != cudaSuccess) {
    return error;
  }
  // The same for all launches, which therefore do not disturb each other.
  return cudaFuncSetAttribute(view_in_shared_memory, cudaFuncAttributeMaxDynamicSharedMemorySize,
                              *ret_bytes);
}

int launch_in_shared_memory(const Batch& batch, int64_t first, int64_t count, int64_t memory,
                            cudaStream_t stream) {
  view_in_shared_memory<<<static_cast<unsigned>(count), block_of(batch.size * batch.size),
                          static_cast<size_t>(memory), stream>>>(batch, first);
  return cudaGetLastError();
}

int launch_in_device_memory(const Batch& batch, int64_t first, int64_t count, int32_t stages,
                            char* memory, int64_t view_memory, cudaStream_t stream) {
  constexpr int32_t kBlock = 256;
  constexpr int32_t kPixels = 4;
  const int32_t blocks = (batch.size * batch.size + kBlock * kPixels - 1) / (kBlock * kPixels);
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(count));
  for (int32_t stage = 0; stage < stages; stage++) {
    stage_in_device_memory<<<grid, kBlock, 0, stream>>>(batch, first, stage, memory, view_memory);
    const cudaError_t error = cudaGetLastError();
    if (error != cudaSuccess) {
      return error;
    }
  }
  return cudaSuccess;
}

}  // namespace sct::augment::cuda
