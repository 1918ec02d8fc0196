#include "cuda/augment_batch.h"

#include <ATen/ops/empty.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>

#include "cuda/augment_plan.h"

namespace sct {
namespace {

namespace gpu = augment::cuda;

// Working memory in device memory that a batch takes at most, unless a single view needs more: at
// 224 pixels that of 220 views, enough to keep any GPU busy.
constexpr int64_t kWorkingMemory = int64_t{256} << 20;

void check(int error) { C10_CUDA_CHECK(static_cast<cudaError_t>(error)); }

char* bytes_of(const at::Tensor& tensor) { return static_cast<char*>(tensor.mutable_data_ptr()); }

at::Tensor device_bytes(int64_t bytes, c10::Device device) {
  return at::empty({bytes}, at::TensorOptions().dtype(at::kByte).device(device));
}

// Copies the plan to the GPU in the order of the current stream. The allocators see to it that
// neither block is used again before the stream is done with it.
at::Tensor upload(const gpu::Plan& plan, const at::Tensor& out, gpu::Batch& batch) {
  const int64_t bytes = plan.packed_bytes();
  const at::Tensor pinned =
      at::empty({bytes}, at::TensorOptions().dtype(at::kByte).pinned_memory(true));
  at::Tensor uploaded = device_bytes(bytes, out.device());
  batch = plan.pack(bytes_of(pinned), bytes_of(uploaded), out.mutable_data_ptr());
  uploaded.copy_(pinned, /*non_blocking=*/true);
  return uploaded;
}

void run_in_shared_memory(const gpu::Plan& plan, const gpu::Batch& batch, cudaStream_t stream) {
  for (int64_t first = 0; first < plan.views(); first += gpu::kLargestLaunch) {
    const int64_t count = std::min(plan.views() - first, gpu::kLargestLaunch);
    check(gpu::launch_in_shared_memory(batch, first, count, plan.view_memory(), stream));
  }
}

// The working memory is used again by the views that come later in the stream.
void run_in_device_memory(const gpu::Plan& plan, const gpu::Batch& batch, c10::Device device,
                          cudaStream_t stream) {
  const int64_t fitting = std::max<int64_t>(kWorkingMemory / plan.view_memory(), 1);
  const int64_t most = std::min({fitting, gpu::kLargestLaunch, plan.views()});
  const at::Tensor memory = device_bytes(most * plan.view_memory(), device);
  for (int64_t first = 0; first < plan.views(); first += most) {
    const int64_t count = std::min(plan.views() - first, most);
    check(gpu::launch_in_device_memory(batch, first, count, plan.stages(), bytes_of(memory),
                                       plan.view_memory(), stream));
  }
}

}  // namespace

void augment_batch(const sct_augment_format& format, const sct_augment_view* views, int64_t count,
                   const at::Tensor& out) {
  if (count == 0) {
    return;
  }
  static thread_local gpu::Plan plan;
  plan.start(format);
  for (int64_t i = 0; i < count; i++) {
    plan.add(views[i]);
  }

  const c10::cuda::CUDAGuard guard(out.device());
  int shared_memory = 0;
  check(gpu::allow_shared_memory(out.get_device(), &shared_memory));
  const cudaStream_t stream = c10::cuda::getCurrentCUDAStream(out.get_device());
  gpu::Batch batch;
  const at::Tensor uploaded = upload(plan, out, batch);
  if (plan.view_memory() <= shared_memory) {
    run_in_shared_memory(plan, batch, stream);
  } else {
    run_in_device_memory(plan, batch, out.device(), stream);
  }
}

}  // namespace sct
