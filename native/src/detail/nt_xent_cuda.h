// NT-Xent on a GPU in float32: products by cuBLAS, a chunk at a time, and all else of a chunk by
// the kernels of libsimclr_torch_cuda.so. Of any length of a row and on any GPU; see
// nt_xent_fused.h for the others. Nothing waits for the GPU.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include "detail/nt_xent_options.h"

namespace sct {

// Loss, accuracy and entropy of [M = 2N, D].
struct NtXentCuda : torch::autograd::Function<NtXentCuda> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                const at::Tensor& z, const NtXentOptions& options);
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads);
};

}  // namespace sct
