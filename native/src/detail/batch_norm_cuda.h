// Batch normalisation on a GPU with what follows it, forward and backward, by the kernels of
// libsimclr_torch_cuda.so. Nothing waits for the GPU, and what runs on it does not depend on
// values, so that a CUDA graph may capture it.
#pragma once

#include "detail/batch_norm_tensors.h"

namespace sct {

// Whether the kernels below are there and take them: on a GPU, as fits_rows says, `x` float32,
// bfloat16 or float16.
bool fits_batch_norm_cuda(const BatchNormTensors& tensors);

// Normalises with the statistics of the batch, over all processes of `group`, and moves the running
// ones; differentiable once.
at::Tensor batch_norm_cuda(const BatchNormTensors& tensors, batch_norm::Then then, double momentum,
                           double eps, const c10::intrusive_ptr<Collective>& group);

// Normalises with the running statistics, without a graph.
at::Tensor batch_norm_cuda_evaluate(const BatchNormTensors& tensors, batch_norm::Then then,
                                    double eps);

}  // namespace sct
