#include "cuda/nt_xent_fused.h"

#include <cuda_runtime.h>

#include "cuda/gpu_block.h"
#include "cuda/nt_xent_block.h"

namespace sct::nt_xent::cuda {
namespace {

// Threads of a block of the kernels that add up parts.
constexpr int32_t kAdders = 256;

// Compiled for an older GPU, where can_fuse says no, the kernels with products do nothing.
template <bool kRunning, class Shape>
__global__ __launch_bounds__(kThreads) void forward_of_blocks(FusedForward pass) {
#if __CUDA_ARCH__ >= 800
  extern __shared__ __align__(16) uint32_t shared[];
  GpuBlock machine;
  forward_of_block<kRunning, Shape>(machine, pass, static_cast<int32_t>(blockIdx.x),
                                    static_cast<int32_t>(blockIdx.y), shared);
#endif
}

template <bool kRunning>
__global__ __launch_bounds__(kAdders) void forward_of_rows(FusedForward pass) {
  const auto row = static_cast<int32_t>(blockIdx.x * kAdders + threadIdx.x);
  if (row < 2 * pass.rows.images) {
    forward_of_row<kRunning>(pass, row);
  }
}

template <bool kRunning, class Shape>
__global__ __launch_bounds__(kThreads) void backward_of_blocks(FusedBackward pass) {
#if __CUDA_ARCH__ >= 800
  extern __shared__ __align__(16) uint32_t shared[];
  GpuBlock machine;
  backward_of_block<kRunning, Shape>(machine, pass, static_cast<int32_t>(blockIdx.x),
                                     static_cast<int32_t>(blockIdx.y), shared);
#endif
}

template <bool kRunning>
__global__ __launch_bounds__(kAdders) void backward_of_numbers(FusedBackward pass) {
  const int64_t number = int64_t{blockIdx.x} * kAdders + threadIdx.x;
  if (number < 2 * int64_t{pass.rows.images} * pass.depth) {
    backward_of_number<kRunning>(pass, number);
  }
}

template <class Pass>
int launch_blocks(void (*kernel)(Pass), int32_t shared_words, int32_t parts, const Pass& pass,
                  cudaStream_t stream) {
  const size_t bytes = sizeof(uint32_t) * static_cast<size_t>(shared_words);
  // More than 48 KiB must be asked for.
  const cudaError_t error = cudaFuncSetAttribute(
      kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes));
  if (error != cudaSuccess) {
    return error;
  }
  const int32_t blocks = (2 * pass.rows.images + kAnchors - 1) / kAnchors;
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(parts));
  kernel<<<grid, kThreads, bytes, stream>>>(pass);
  return cudaGetLastError();
}

template <class Pass>
int launch_adders(void (*kernel)(Pass), int64_t count, const Pass& pass, cudaStream_t stream) {
  const int64_t blocks = (count + kAdders - 1) / kAdders;
  kernel<<<static_cast<unsigned>(blocks), kAdders, 0, stream>>>(pass);
  return cudaGetLastError();
}

template <bool kRunning>
struct Launch {
  template <class Shape>
  static int run(const FusedForward& pass, cudaStream_t stream) {
    const int error = launch_blocks(forward_of_blocks<kRunning, Shape>, Shape::kSharedWords,
                                    2 * pass.parts.count, pass, stream);
    return error != cudaSuccess ? error
                                : launch_adders(forward_of_rows<kRunning>,
                                                2 * int64_t{pass.rows.images}, pass, stream);
  }

  template <class Shape>
  static int run(const FusedBackward& pass, cudaStream_t stream) {
    const int error = launch_blocks(backward_of_blocks<kRunning, Shape>, Shape::kSharedWords,
                                    pass.parts.count, pass, stream);
    return error != cudaSuccess
               ? error
               : launch_adders(backward_of_numbers<kRunning>,
                               2 * int64_t{pass.rows.images} * pass.depth, pass, stream);
  }
};

// With the kernels for an operand and a depth.
template <class Launch, class Pass>
int launch(const Pass& pass, cudaStream_t stream) {
  return with_shape(pass.operand, pass.depth, [&](auto shape) {
    return Launch::template run<decltype(shape)>(pass, stream);
  });
}

}  // namespace

int can_fuse(bool& result) {
  cudaFuncAttributes attributes{};
  const cudaError_t error =
      cudaFuncGetAttributes(&attributes, forward_of_blocks<false, Shape<Operand::kTf32, 64>>);
  // What the code was compiled for, which may be older than the GPU.
  result = attributes.ptxVersion >= 80;
  return error;
}

int launch_fused_forward(const FusedForward& pass, cudaStream_t stream) {
  return pass.outcome.running ? launch<Launch<true>>(pass, stream)
                              : launch<Launch<false>>(pass, stream);
}

int launch_fused_backward(const FusedBackward& pass, cudaStream_t stream) {
  return pass.factors.running ? launch<Launch<true>>(pass, stream)
                              : launch<Launch<false>>(pass, stream);
}

}  // namespace sct::nt_xent::cuda
