#include "sct/batch_norm.h"

#include <ATen/ops/batch_norm.h>

#include "detail/batch_norm_cpu.h"
#include "detail/batch_norm_cuda.h"
#include "detail/call.h"
#include "detail/own_layers.h"

using namespace sct;

namespace {

using batch_norm::Then;

// The same with libtorch's operations.
Tensor with_operations(const BatchNormTensors& t, bool training, double momentum, double eps,
                       Then then) {
  Tensor out = at::batch_norm(t.x, t.weight, t.bias, t.running_mean, t.running_var, training,
                              momentum, eps, /*cudnn_enabled=*/true);
  if (then == Then::kAddRelu) {
    out.add_(*t.shortcut);
  }
  return then == Then::kNothing ? out : out.relu_();
}

void check_shapes(const BatchNormTensors& t, bool training) {
  if (t.x.dim() < 2) {
    fail(SCT_SHAPE, "argument 'input' must have at least 2 dimensions");
  }
  if (training && t.x.size(1) > 0 && t.x.numel() == t.x.size(1)) {
    fail(SCT_SHAPE, "training needs more than one value per channel");
  }
  if (t.shortcut.has_value() && t.shortcut->sizes() != t.x.sizes()) {
    fail(SCT_SHAPE, "argument 'shortcut' must have the shape of 'input'");
  }
}

Tensor normalize(const BatchNormTensors& t, bool training, double momentum, double eps, Then then) {
  check_shapes(t, training);
  const bool own = own_layers();
  if (own && fits_batch_norm_cpu(t)) {
    if (training) {
      return batch_norm_cpu(t, then, momentum, eps, alone());
    }
    if (!t.differentiable()) {
      return batch_norm_cpu_evaluate(t, then, eps);
    }
  }
  if (own && fits_batch_norm_cuda(t)) {
    if (training) {
      return batch_norm_cuda(t, then, momentum, eps, alone());
    }
    if (!t.differentiable()) {
      return batch_norm_cuda_evaluate(t, then, eps);
    }
  }
  return with_operations(t, training, momentum, eps, then);
}

BatchNormTensors tensors_of(sct_tensor input, sct_tensor shortcut, sct_tensor weight,
                            sct_tensor bias, sct_tensor running_mean, sct_tensor running_var,
                            bool training) {
  require(input, "input");
  if (!training) {
    require(running_mean, "running_mean");
    require(running_var, "running_var");
  }
  return {unbox(input, "input"), unbox_optional(shortcut),     unbox_optional(weight),
          unbox_optional(bias),  unbox_optional(running_mean), unbox_optional(running_var)};
}

}  // namespace

sct_status sct_batch_norm(sct_tensor input, sct_tensor weight, sct_tensor bias,
                          sct_tensor running_mean, sct_tensor running_var, bool training,
                          double momentum, double eps, sct_tensor* ret_out) {
  return produce("batch_norm", {input, weight, bias, running_mean, running_var}, ret_out, [&] {
    return normalize(tensors_of(input, nullptr, weight, bias, running_mean, running_var, training),
                     training, momentum, eps, Then::kNothing);
  });
}

sct_status sct_batch_norm_relu(sct_tensor input, sct_tensor shortcut, sct_tensor weight,
                               sct_tensor bias, sct_tensor running_mean, sct_tensor running_var,
                               bool training, double momentum, double eps, sct_tensor* ret_out) {
  return produce(
      "batch_norm_relu", {input, shortcut, weight, bias, running_mean, running_var}, ret_out, [&] {
        return normalize(
            tensors_of(input, shortcut, weight, bias, running_mean, running_var, training),
            training, momentum, eps, shortcut == nullptr ? Then::kRelu : Then::kAddRelu);
      });
}
