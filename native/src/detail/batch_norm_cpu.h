// Batch normalisation on the CPU in one kernel with what follows it, forward and backward.
#pragma once

#include "detail/batch_norm_tensors.h"

namespace sct {

// Whether the kernels below take them: on the CPU, as fits_rows says, `x` float32 or bfloat16.
bool fits_batch_norm_cpu(const BatchNormTensors& tensors);

// Normalises with the statistics of the batch, over all processes of `group`, and moves the running
// ones; differentiable once.
at::Tensor batch_norm_cpu(const BatchNormTensors& tensors, batch_norm::Then then, double momentum,
                          double eps, const c10::intrusive_ptr<Collective>& group);

// Normalises with the running statistics, without a graph.
at::Tensor batch_norm_cpu_evaluate(const BatchNormTensors& tensors, batch_norm::Then then,
                                   double eps);

}  // namespace sct
