#include <cuda_runtime.h>

#include "cuda/nt_xent_lane.h"

namespace sct::nt_xent::cuda {
namespace {

template <bool kRunning>
__global__ __launch_bounds__(kLanes) void forward(Forward pass) {
  __shared__ AnchorSums lanes[kLanes];
  const int64_t anchor = blockIdx.x;
  const auto lane = static_cast<int32_t>(threadIdx.x);
  lanes[lane] = sums_of_lane<kRunning>(pass, anchor, lane);
  for (int32_t half = kLanes / 2; half > 0; half /= 2) {
    __syncthreads();
    take_over<kRunning>(lanes, lane, half, pass.scale);
  }
  if (lane == 0) {
    finish_of_chunk(pass, anchor, lanes[0]);
  }
}

template <bool kRunning>
__global__ __launch_bounds__(kLanes) void backward(Backward pass) {
  factors_of_lane<kRunning>(pass, blockIdx.x, static_cast<int32_t>(threadIdx.x));
}

}  // namespace

int launch_forward(const Forward& pass, cudaStream_t stream) {
  const auto kernel = pass.outcome.running ? forward<true> : forward<false>;
  kernel<<<static_cast<unsigned>(pass.chunk.rows), kLanes, 0, stream>>>(pass);
  return cudaGetLastError();
}

int launch_backward(const Backward& pass, cudaStream_t stream) {
  const auto kernel = pass.factors.running ? backward<true> : backward<false>;
  kernel<<<static_cast<unsigned>(pass.chunk.rows), kLanes, 0, stream>>>(pass);
  return cudaGetLastError();
}

}  // namespace sct::nt_xent::cuda
