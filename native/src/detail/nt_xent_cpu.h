// NT-Xent on the CPU in float32, without the matrix of similarities.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include <optional>

#include "detail/collective.h"
#include "detail/nt_xent_options.h"

namespace sct {

// Loss, accuracy and entropy of [M = 2N, D] in float32, with the rows of `queue` [Q, D], where
// there is one, as further candidates of all anchors, into which no gradient flows.
//
// In a group of processes, the rows of the others are candidates too, and what comes out is the
// mean over the anchors of all, the same in each. The gradient is that of this mean, of the
// process's own rows: gradients of weights are to be summed over the processes. It needs no
// collective of its own: with the sums of the others' anchors, each process knows what its rows
// contribute to their losses.
struct NtXentCpu : torch::autograd::Function<NtXentCpu> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                const at::Tensor& z,
                                                const std::optional<at::Tensor>& queue,
                                                const NtXentOptions& options,
                                                const c10::intrusive_ptr<Collective>& group);
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& grads);
};

}  // namespace sct
