#include "detail/chunked.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace sct {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Similarities of a chunk: 4 MiB in float32, of which a loss and its gradient hold a handful.
constexpr int64_t kSimilarities = int64_t{1} << 20;

// On a GPU 16 MiB. Each chunk is several launches, which take microseconds each however little they
// do, and 4 MiB are read or written in about one microsecond. More than 16 MiB would no longer stay
// in the level-2 cache from one operation to the next: it has 40 MB on an A100 and 50 MB on an H100
// (NVIDIA's data sheets), in two halves.
constexpr int64_t kSimilaritiesOnGpu = int64_t{1} << 22;

struct SumByChunks : torch::autograd::Function<SumByChunks> {
  static Tensor forward(AutogradContext* context, const Tensor& anchors, const Tensor& candidates,
                        const ChunkLoss& loss, bool to_anchors, bool to_candidates) {
    const Tensor c = candidates.detach().requires_grad_(to_candidates);
    const Tensor anchor_grad = to_anchors ? at::zeros_like(anchors) : Tensor();
    const Tensor candidate_grad = to_candidates ? at::zeros_like(candidates) : Tensor();
    const Tensor total = at::zeros({}, anchors.options());
    each_chunk(anchors.size(0), chunk_rows(c), [&](int64_t first, int64_t count) {
      const at::AutoGradMode record(to_anchors || to_candidates);
      const Tensor a = anchors.detach().narrow(0, first, count).requires_grad_(to_anchors);
      const Tensor part = loss(a, c, first);
      variable_list inputs;
      variable_list grads;
      if (to_anchors) {
        inputs.push_back(a);
        grads.push_back(anchor_grad.narrow(0, first, count));
      }
      if (to_candidates) {
        inputs.push_back(c);
        grads.push_back(candidate_grad);
      }
      const variable_list found =
          inputs.empty() ? variable_list() : torch::autograd::grad({part}, inputs);
      const at::NoGradGuard outside;
      for (size_t i = 0; i < found.size(); i++) {
        grads[i].add_(found[i]);
      }
      total.add_(part);
    });
    context->save_for_backward({anchor_grad, candidate_grad});
    return total;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(),
                                "this loss is not twice differentiable");
    variable_list result;
    for (const Tensor& saved : context->get_saved_variables()) {
      result.push_back(saved.defined() ? saved.mul(grads[0]) : Tensor());
    }
    result.insert(result.end(), {Tensor(), Tensor(), Tensor()});
    return result;
  }
};

}  // namespace

int64_t chunk_rows(const Tensor& candidates, int64_t more) {
  const int64_t similarities = candidates.is_cuda() ? kSimilaritiesOnGpu : kSimilarities;
  return std::max<int64_t>(1, similarities / (candidates.size(0) + more));
}

void each_chunk(int64_t rows, int64_t most, const std::function<void(int64_t, int64_t)>& part) {
  for (int64_t first = 0; first < rows; first += most) {
    part(first, std::min(most, rows - first));
  }
}

Tensor sum_by_chunks(const Tensor& anchors, const Tensor& candidates, const ChunkLoss& loss) {
  const bool record = at::GradMode::is_enabled();
  return SumByChunks::apply(anchors, candidates, loss, record && anchors.requires_grad(),
                            record && candidates.requires_grad());
}

}  // namespace sct
