#include "detail/measures.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>

namespace sct {

using at::Tensor;

Measures::Measures(const at::TensorOptions& options)
    : right_(at::zeros({}, options)), entropy_(at::zeros({}, options)) {}

void Measures::add(const Tensor& s, int64_t first) {
  {
    // The positives are on a diagonal of it. Freed before the next temporaries, which are as large.
    Tensor others = s.clone();
    others.diagonal(first).fill_(-std::numeric_limits<double>::infinity());
    right_.add_(s.diagonal(first).gt(at::amax(others, 1)).sum());
  }
  const Tensor log_p = at::log_softmax(s, 1);
  entropy_.sub_(at::exp(log_p).mul_(log_p).sum());
}

void Measures::add_rows(const Tensor& s, int64_t first, int64_t images) {
  const int64_t count = std::min(s.size(0), images - first);
  if (count > 0) {
    const at::NoGradGuard no_grad;
    add(s.detach().narrow(0, 0, count).narrow(1, images, images), first);
  }
}

Tensor Measures::accuracy(int64_t anchors) const {
  return right_.div(static_cast<double>(anchors));
}

Tensor Measures::entropy(int64_t anchors) const {
  return entropy_.div(static_cast<double>(anchors));
}

}  // namespace sct
