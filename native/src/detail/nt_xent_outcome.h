// What the kernels of NT-Xent on a GPU write for each row, whichever of them compute it.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/custom_function.h>

#include "cuda/nt_xent.h"
#include "detail/unit_rows.h"

namespace sct {

class NtXentOutcome {
 public:
  // For the rows of `unit`, [M = 2N, D] in float32, on their device.
  explicit NtXentOutcome(const UnitRows& unit);

  // float32 [M], for the backward pass; see nt_xent::cuda::Factors.
  const at::Tensor& shift() const { return shift_; }
  const at::Tensor& weight() const { return weight_; }

  // Where the kernels write; valid as long as this is.
  nt_xent::cuda::Outcome written(double temperature, bool decoupled) const;

  // Loss, accuracy and entropy, 0-dim float32, once all rows are written. Only the loss is
  // differentiable.
  torch::autograd::variable_list results(torch::autograd::AutogradContext* context) const;

 private:
  at::Tensor shift_;
  at::Tensor weight_;
  at::Tensor loss_;
  at::Tensor hit_;
  at::Tensor entropy_;
};

}  // namespace sct
