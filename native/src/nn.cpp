#include "sct/nn.h"

#include <ATen/Context.h>
#include <ATen/core/Reduction.h>
#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/div.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/nll_loss.h>
#include <ATen/ops/upsample_bicubic2d.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/upsample_nearest2d.h>

#include <array>
#include <limits>

#include "detail/call.h"
#include "detail/conv3x3_cpu.h"
#include "detail/own_layers.h"

using namespace sct;

namespace {

static_assert(SCT_REDUCTION_NONE == +at::Reduction::None);
static_assert(SCT_REDUCTION_MEAN == +at::Reduction::Mean);
static_assert(SCT_REDUCTION_SUM == +at::Reduction::Sum);

// Height and width of a window or a step.
at::IntArrayRef pair(const int64_t* values, const char* name, int64_t least) {
  require(values, name);
  for (int i = 0; i < 2; ++i) {
    if (values[i] < least || values[i] > std::numeric_limits<int32_t>::max()) {
      invalid(std::string("argument '") + name + "' holds " + std::to_string(values[i]) +
              ", allowed is " + std::to_string(least) + " to 2147483647");
    }
  }
  return {values, 2};
}

int64_t reduction_of(int32_t reduction) {
  if (reduction < SCT_REDUCTION_NONE || reduction > SCT_REDUCTION_SUM) {
    invalid("unknown reduction " + std::to_string(reduction));
  }
  return reduction;
}

const Tensor& images(sct_tensor input) {
  const Tensor& x = unbox(input, "input");
  if (x.dim() != 4) {
    fail(SCT_SHAPE, "argument 'input' must be [N, C, H, W]");
  }
  return x;
}

struct Convolution {
  at::IntArrayRef stride;
  at::IntArrayRef padding;
  at::IntArrayRef dilation;
  int64_t groups;
};

// NNPACK would take convolutions of a single image from oneDNN, and where it cannot start, say so
// with each of them.
void disable_nnpack() {
  static const bool kDone = [] {
    at::globalContext().setUserEnabledNNPACK(false);
    return true;
  }();
  (void)kDone;
}

Tensor convolve(const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias,
                const Convolution& c) {
  constexpr std::array<int64_t, 2> kOne = {1, 1};
  disable_nnpack();
  if (own_layers() && !bias.has_value() && c.groups == 1 && c.padding == kOne &&
      c.dilation == kOne && fits_conv3x3_cpu(x, weight, c.stride)) {
    return conv3x3_cpu(x, weight, c.stride[0]);
  }
  return at::conv2d(x, weight, bias, c.stride, c.padding, c.dilation, c.groups);
}

Tensor resize(const Tensor& x, at::IntArrayRef size, int32_t mode, bool antialias) {
  constexpr bool kAlignCorners = false;
  switch (mode) {
    case SCT_INTERPOLATE_NEAREST:
      if (antialias) {
        invalid("nearest-neighbour interpolation has no antialiasing");
      }
      return at::upsample_nearest2d(x, size);
    case SCT_INTERPOLATE_BILINEAR:
      return antialias ? at::_upsample_bilinear2d_aa(x, size, kAlignCorners)
                       : at::upsample_bilinear2d(x, size, kAlignCorners);
    case SCT_INTERPOLATE_BICUBIC:
      return antialias ? at::_upsample_bicubic2d_aa(x, size, kAlignCorners)
                       : at::upsample_bicubic2d(x, size, kAlignCorners);
    default:
      invalid("unknown interpolation mode " + std::to_string(mode));
  }
}

}  // namespace

sct_status sct_linear(sct_tensor input, sct_tensor weight, sct_tensor bias, sct_tensor* ret_out) {
  return produce("linear", {input, weight, bias}, ret_out, [&] {
    return at::linear(unbox(input, "input"), unbox(weight, "weight"), unbox_optional(bias));
  });
}

sct_status sct_conv2d(sct_tensor input, sct_tensor weight, sct_tensor bias, const int64_t* stride,
                      const int64_t* padding, const int64_t* dilation, int64_t groups,
                      sct_tensor* ret_out) {
  return produce("conv2d", {input, weight, bias}, ret_out, [&] {
    const Convolution c = {pair(stride, "stride", 1), pair(padding, "padding", 0),
                           pair(dilation, "dilation", 1), groups};
    return convolve(images(input), unbox(weight, "weight"), unbox_optional(bias), c);
  });
}

sct_status sct_layer_norm(sct_tensor input, const int64_t* normalized_shape, int64_t dim,
                          sct_tensor weight, sct_tensor bias, double eps, sct_tensor* ret_out) {
  return produce("layer_norm", {input, weight, bias}, ret_out, [&] {
    return at::layer_norm(unbox(input, "input"), ints(normalized_shape, dim, "normalized_shape"),
                          unbox_optional(weight), unbox_optional(bias), eps);
  });
}

sct_status sct_max_pool2d(sct_tensor input, const int64_t* kernel, const int64_t* stride,
                          const int64_t* padding, const int64_t* dilation, bool ceil_mode,
                          sct_tensor* ret_out) {
  return produce("max_pool2d", {input}, ret_out, [&] {
    return at::max_pool2d(images(input), pair(kernel, "kernel", 1), pair(stride, "stride", 1),
                          pair(padding, "padding", 0), pair(dilation, "dilation", 1), ceil_mode);
  });
}

sct_status sct_avg_pool2d(sct_tensor input, const int64_t* kernel, const int64_t* stride,
                          const int64_t* padding, bool ceil_mode, bool count_include_pad,
                          sct_tensor* ret_out) {
  return produce("avg_pool2d", {input}, ret_out, [&] {
    return at::avg_pool2d(images(input), pair(kernel, "kernel", 1), pair(stride, "stride", 1),
                          pair(padding, "padding", 0), ceil_mode, count_include_pad);
  });
}

sct_status sct_adaptive_avg_pool2d(sct_tensor input, int64_t height, int64_t width,
                                   sct_tensor* ret_out) {
  return produce("adaptive_avg_pool2d", {input}, ret_out, [&] {
    return at::adaptive_avg_pool2d(images(input), {height, width});
  });
}

sct_status sct_cross_entropy(sct_tensor logits, sct_tensor target, sct_tensor weight,
                             int32_t reduction, int64_t ignore_index, double label_smoothing,
                             sct_tensor* ret_out) {
  return produce("cross_entropy", {logits, target, weight}, ret_out, [&] {
    return at::cross_entropy_loss(unbox(logits, "logits"), unbox(target, "target"),
                                  unbox_optional(weight), reduction_of(reduction), ignore_index,
                                  label_smoothing);
  });
}

sct_status sct_nll_loss(sct_tensor log_probs, sct_tensor target, sct_tensor weight,
                        int32_t reduction, int64_t ignore_index, sct_tensor* ret_out) {
  return produce("nll_loss", {log_probs, target, weight}, ret_out, [&] {
    return at::nll_loss(unbox(log_probs, "log_probs"), unbox(target, "target"),
                        unbox_optional(weight), reduction_of(reduction), ignore_index);
  });
}

sct_status sct_mse_loss(sct_tensor self, sct_tensor target, int32_t reduction,
                        sct_tensor* ret_out) {
  return produce("mse_loss", {self, target}, ret_out, [&] {
    return at::mse_loss(unbox(self, "self"), unbox(target, "target"), reduction_of(reduction));
  });
}

sct_status sct_normalize(sct_tensor self, double p, int64_t dim, double eps, sct_tensor* ret_out) {
  return produce("normalize", {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    return at::div(x, at::clamp_min(at::linalg_vector_norm(x, p, dim, /*keepdim=*/true), eps));
  });
}

sct_status sct_interpolate(sct_tensor input, int64_t height, int64_t width, int32_t mode,
                           bool antialias, sct_tensor* ret_out) {
  return produce("interpolate", {input}, ret_out, [&] {
    return resize(images(input), {height, width}, mode, antialias);
  });
}

sct_status sct_pad(sct_tensor self, const int64_t* padding, int64_t count, double value,
                   sct_tensor* ret_out) {
  return produce("pad", {self}, ret_out, [&] {
    const Tensor& x = unbox(self, "self");
    return at::constant_pad_nd(x, ints(padding, count, "padding"), scalar(x, value));
  });
}
