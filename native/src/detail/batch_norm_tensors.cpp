#include "detail/batch_norm_tensors.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

namespace sct {
namespace {

using at::Tensor;
using Optional = std::optional<Tensor>;

at::MemoryFormat rows_format(const Tensor& x) {
  return x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}

bool requires_grad(const Optional& t) { return is_defined(t) && t->requires_grad(); }

bool fits_channels(const Optional& t, const Tensor& x) {
  return !is_defined(t) || (t->device() == x.device() && t->scalar_type() == at::kFloat &&
                            t->dim() == 1 && t->size(0) == x.size(1) && t->is_contiguous());
}

bool fits_shortcut(const Optional& t, const Tensor& x) {
  return !is_defined(t) || (t->device() == x.device() && t->scalar_type() == x.scalar_type() &&
                            t->layout() == at::kStrided && t->sizes() == x.sizes());
}

}  // namespace

bool BatchNormTensors::differentiable() const {
  return at::GradMode::is_enabled() && (x.requires_grad() || requires_grad(shortcut) ||
                                        requires_grad(weight) || requires_grad(bias));
}

bool fits_rows(const BatchNormTensors& tensors) {
  const Tensor& x = tensors.x;
  if (x.layout() != at::kStrided || (x.dim() != 2 && x.dim() != 4) || x.numel() == 0 ||
      !x.is_contiguous(rows_format(x))) {
    return false;
  }
  return fits_shortcut(tensors.shortcut, x) && fits_channels(tensors.weight, x) &&
         fits_channels(tensors.bias, x) && fits_channels(tensors.running_mean, x) &&
         fits_channels(tensors.running_var, x) && !requires_grad(tensors.running_mean) &&
         !requires_grad(tensors.running_var);
}

bool is_defined(const Optional& t) { return t.has_value() && t->defined(); }

const void* data_of(const Optional& t) { return is_defined(t) ? t->const_data_ptr() : nullptr; }

const float* floats_or_null(const Optional& t) {
  return is_defined(t) ? t->const_data_ptr<float>() : nullptr;
}

Tensor as_rows(const Tensor& t, const Tensor& x) { return t.contiguous(rows_format(x)); }

Optional rows_or_none(const Optional& t, const Tensor& x) {
  return is_defined(t) ? Optional(as_rows(*t, x)) : std::nullopt;
}

Tensor empty_rows(const Tensor& x) { return at::empty(x.sizes(), x.options(), rows_format(x)); }

}  // namespace sct
