// The kernels of batch normalisation, on the current stream of a device.
#pragma once

#include "cuda/batch_norm.h"

namespace sct {

// See CudaTable.
void batch_norm_statistics(const batch_norm::cuda::Statistics& pass, int32_t device);
void batch_norm_normalization(const batch_norm::cuda::Normalization& pass, int32_t device);
void batch_norm_evaluation(const batch_norm::cuda::Evaluation& pass, int32_t device);
void batch_norm_apply(const batch_norm::cuda::Apply& pass, int32_t device);
void batch_norm_reduce(const batch_norm::cuda::Reduce& pass, int32_t device);
void batch_norm_apply_gradient(const batch_norm::cuda::ApplyGradient& pass, int32_t device);

}  // namespace sct
