// NT-Xent on the tensor cores of a GPU, by the kernels of libsimclr_torch_cuda.so alone. Nothing
// waits for the GPU, and the memory that is used depends on nothing but the shape.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "cuda/nt_xent_fused.h"
#include "detail/nt_xent_options.h"

namespace sct {

// What the rows of `z` [M, D], on a GPU and of type `given` before they became float32, are
// multiplied as by NtXentFused; none where NtXentCuda has to do it.
std::optional<nt_xent::cuda::Operand> fused_operand(const at::Tensor& z, at::ScalarType given);

// Loss, accuracy and entropy of [M = 2N, D] in float32.
struct NtXentFused : torch::autograd::Function<NtXentFused> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                const at::Tensor& z, nt_xent::cuda::Operand operand,
                                                const NtXentOptions& options);
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads);
};

}  // namespace sct
