// NT-Xent on the CPU in float32, without the matrix of similarities.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

namespace sct {

// Loss, accuracy and entropy of [M = 2N, D]; decoupled, positives are not in the sum of their
// anchors.
struct NtXentCpu : torch::autograd::Function<NtXentCpu> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                const at::Tensor& z, double temperature,
                                                bool decoupled);
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads);
};

}  // namespace sct
