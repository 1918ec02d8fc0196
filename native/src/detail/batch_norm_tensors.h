// The tensors and options of a batch normalisation, and what the kernels for it want of them.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "batch_norm_then.h"
#include "detail/collective.h"

namespace sct {

// All but `x` may be absent.
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

// Of training. References hold for the call.
struct BatchNormOptions {
  batch_norm::Then then;
  double momentum;
  double eps;
  const std::optional<at::Tensor>& running_mean;
  const std::optional<at::Tensor>& running_var;
  const c10::intrusive_ptr<Collective>& group;
};

// Whether `x` is rows of channels in memory, that is [N, C] or channels-last [N, C, H, W], and not
// empty, the shortcut of the same shape and dtype, and everything else float32 [C], all of it on
// one device.
bool fits_rows(const BatchNormTensors& tensors);

bool is_defined(const std::optional<at::Tensor>& t);

// Memory of a tensor, null for none.
const void* data_of(const std::optional<at::Tensor>& t);
const float* floats_or_null(const std::optional<at::Tensor>& t);

// `t`, which has the shape of `x`, as rows of channels.
at::Tensor as_rows(const at::Tensor& t, const at::Tensor& x);
std::optional<at::Tensor> rows_or_none(const std::optional<at::Tensor>& t, const at::Tensor& x);

// Rows of channels like `x`, not set.
at::Tensor empty_rows(const at::Tensor& x);

}  // namespace sct
