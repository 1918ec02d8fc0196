// What libsimclr_torch_cuda.so lends to libsimclr_torch.so, which itself never links CUDA.
#pragma once

#include <ATen/core/Tensor.h>

#include "cuda/batch_norm.h"
#include "cuda/nt_xent.h"
#include "cuda/nt_xent_fused.h"
#include "sct/augment.h"
#include "sct/cuda.h"

namespace sct {

// The functions throw; devices are checked before.
struct CudaTable {
  void (*describe)(int32_t device, sct_cuda_device_info& info);
  void (*set_device)(int32_t device);
  void (*synchronize)(int32_t device);
  void (*memory_statistics)(int32_t device, sct_cuda_memory_stats& stats);
  void (*reset_peak_memory)(int32_t device);
  void (*empty_cache)();
  void (*set_memory_fraction)(int32_t device, double fraction);
  c10::Stream (*stream_from_pool)(int32_t device, bool high_priority);
  c10::Stream (*stream_current)(int32_t device);
  void (*stream_set_current)(c10::Stream stream);
  void (*stream_synchronize)(c10::Stream stream);
  void (*stream_wait)(c10::Stream stream, c10::Stream other);
  void (*record_stream)(const at::Tensor& tensor, c10::Stream stream);
  // On the current stream of the device of `out`; views and format have been checked.
  void (*augment)(const sct_augment_format& format, const sct_augment_view* views, int64_t count,
                  const at::Tensor& out);
  // On the current stream of a device, where everything that is pointed to is.
  void (*nt_xent_forward)(const nt_xent::cuda::Forward& pass, int32_t device);
  void (*nt_xent_backward)(const nt_xent::cuda::Backward& pass, int32_t device);
  // Whether there are fused kernels for a device.
  bool (*nt_xent_can_fuse)(int32_t device);
  void (*nt_xent_fused_forward)(const nt_xent::cuda::FusedForward& pass, int32_t device);
  void (*nt_xent_fused_backward)(const nt_xent::cuda::FusedBackward& pass, int32_t device);
  // Likewise on the current stream.
  void (*batch_norm_statistics)(const batch_norm::cuda::Statistics& pass, int32_t device);
  void (*batch_norm_normalization)(const batch_norm::cuda::Normalization& pass, int32_t device);
  void (*batch_norm_evaluation)(const batch_norm::cuda::Evaluation& pass, int32_t device);
  void (*batch_norm_apply)(const batch_norm::cuda::Apply& pass, int32_t device);
  void (*batch_norm_reduce)(const batch_norm::cuda::Reduce& pass, int32_t device);
  void (*batch_norm_apply_gradient)(const batch_norm::cuda::ApplyGradient& pass, int32_t device);
};

// Whether the library is loaded.
bool has_cuda_table() noexcept;

// What the library that is loaded lends. Throws where there is none, or no device.
const CudaTable& cuda_table();

// The same, and the device exists.
const CudaTable& cuda_table(int32_t device);

}  // namespace sct

// Called once, when libsimclr_torch_cuda.so is loaded. The table is static.
extern "C" __attribute__((visibility("default"))) void simclr_torch_register_cuda(
    const sct::CudaTable* table) noexcept;
