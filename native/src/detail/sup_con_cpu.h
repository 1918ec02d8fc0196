// The supervised contrastive loss on the CPU in float32, without the matrix of similarities.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

namespace sct {

// Loss of [M, D], the number of rows without a positive, and, where the rows are of two `views` or
// more, accuracy and entropy of views 1 and 2; `labels` is int64 [M].
struct SupConCpu : torch::autograd::Function<SupConCpu> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                const at::Tensor& z, const at::Tensor& labels,
                                                int64_t views, double temperature);
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads);
};

}  // namespace sct
