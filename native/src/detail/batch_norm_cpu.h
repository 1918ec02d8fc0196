// Batch normalisation on the CPU in one kernel with what follows it, forward and backward.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include "cpu/batch_norm.h"
#include "detail/collective.h"

namespace sct {

// The tensors of a normalisation. All but `x` may be absent.
struct BatchNormTensors {
  at::Tensor x;
  std::optional<at::Tensor> shortcut;
  std::optional<at::Tensor> weight;
  std::optional<at::Tensor> bias;
  std::optional<at::Tensor> running_mean;
  std::optional<at::Tensor> running_var;

  // Whether somebody will ask for a gradient.
  bool differentiable() const;
};

// Whether the kernels below take them: `x` float32 or bfloat16 in rows of channels, the shortcut
// like it, everything else float32.
bool fits_batch_norm_cpu(const BatchNormTensors& tensors);

// Normalises with the statistics of the batch, over all processes of `group`, and moves the running
// ones; differentiable once.
at::Tensor batch_norm_cpu(const BatchNormTensors& tensors, batch_norm::Then then, double momentum,
                          double eps, const c10::intrusive_ptr<Collective>& group);

// Normalises with the running statistics, without a graph.
at::Tensor batch_norm_cpu_evaluate(const BatchNormTensors& tensors, batch_norm::Then then,
                                   double eps);

}  // namespace sct
