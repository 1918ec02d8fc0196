#include "detail/conv3x3_cpu.h"

#include <ATen/autocast_mode.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <vector>

#include "cpu/conv3x3_pass.h"
#include "detail/isa.h"
#include "detail/without_autocast.h"
#include "sct/augment.h"

namespace sct {
namespace {

using at::Tensor;
using conv3x3::Kernels;
using conv3x3::Shape;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Beyond, oneDNN's kernels are as fast or faster: they block over channels, of which they then have
// enough.
constexpr int64_t kMostChannels = 32;
constexpr int64_t kMostStridedChannels = 64;
constexpr int64_t kMostGradientIn = 64;
constexpr int64_t kMostGradientOut = 128;
constexpr int64_t kLeastGradientWidth = 4;

const Kernels* kernels_for(const Tensor& x) {
  return conv3x3::kernels_of(resolve_isa(SCT_ISA_AUTO), x.scalar_type() == at::kBFloat16);
}

Shape shape_of(const Tensor& x, const Tensor& weight, int64_t stride) {
  return {x.size(2) / stride, x.size(3) / stride, x.size(1), weight.size(0), stride};
}

bool whole_lanes(Shape shape) {
  return shape.in % conv3x3::kLanes == 0 && shape.out % conv3x3::kLanes == 0;
}

// Both for the output and for the gradient of the input.
bool wins_forward(Shape shape) {
  const int64_t most = shape.stride == 1 ? kMostChannels : kMostStridedChannels;
  return shape.stride <= 2 && whole_lanes(shape) && shape.in <= most && shape.out <= most &&
         shape.width % conv3x3::kPixels == 0;
}

bool wins_weight_gradient(const Kernels& kernels, Shape shape) {
  return kernels.weight_gradient != nullptr && shape.stride <= 2 && whole_lanes(shape) &&
         shape.in <= kMostGradientIn && shape.out <= kMostGradientOut &&
         shape.width >= kLeastGradientWidth && shape.width % conv3x3::kPairs == 0;
}

conv3x3::Weight weight_of(const Tensor& floats) {
  return {floats.const_data_ptr<float>(),
          floats.size(0),
          floats.size(1),
          {floats.stride(0), floats.stride(1), floats.stride(2), floats.stride(3)}};
}

Tensor empty_images(const Tensor& like, int64_t channels, int64_t height, int64_t width) {
  return at::empty({like.size(0), channels, height, width}, like.options(),
                   at::MemoryFormat::ChannelsLast);
}

Tensor convolved(const Tensor& x, const Tensor& weight, Shape shape) {
  const Kernels& kernels = *kernels_for(x);
  const Tensor floats = weight.to(at::kFloat);
  const std::vector<float> units = conv3x3::units_of_inputs(kernels, weight_of(floats));
  const Tensor y = empty_images(x, shape.out, shape.height, shape.width);
  conv3x3::forward(kernels, x.size(0), shape, x.const_data_ptr(), units.data(),
                   y.mutable_data_ptr());
  return y;
}

Tensor grad_of_input(const Tensor& dy, const Tensor& weight, Shape shape) {
  const Kernels& kernels = *kernels_for(dy);
  const Tensor floats = weight.to(at::kFloat);
  const std::vector<float> units = conv3x3::units_of_outputs(kernels, weight_of(floats));
  const Tensor dx = empty_images(dy, shape.in, shape.in_height(), shape.in_width());
  conv3x3::input_gradient(kernels, dy.size(0), shape, dy.const_data_ptr(), units.data(),
                          dx.mutable_data_ptr());
  return dx;
}

template <class T>
void unpack(const std::vector<double>& grad, const Tensor& out) {
  T* data = out.data_ptr<T>();
  const double* value = grad.data();
  for (int64_t tap = 0; tap < conv3x3::kTaps; tap++) {
    for (int64_t i = 0; i < out.size(1); i++) {
      for (int64_t o = 0; o < out.size(0); o++) {
        data[o * out.stride(0) + i * out.stride(1) + tap / 3 * out.stride(2) +
             tap % 3 * out.stride(3)] = static_cast<T>(static_cast<float>(*value++));
      }
    }
  }
}

// What libtorch's operation gives.
Tensor convolved_by_libtorch(const Tensor& x, const Tensor& weight, int64_t stride) {
  return at::conv2d(x, weight.to(x.scalar_type()), /*bias=*/std::nullopt, stride, /*padding=*/1);
}

// The gradients that libtorch's operation gives, of input and weight as `wanted` says.
variable_list grads_by_libtorch(const Tensor& dy, const Tensor& x, const Tensor& weight,
                                int64_t stride, std::array<bool, 3> wanted) {
  if (!wanted[0] && !wanted[1]) {
    return {Tensor(), Tensor()};
  }
  const std::vector<int64_t> by = {stride, stride};
  const std::vector<int64_t> one = {1, 1};
  const std::vector<int64_t> zero = {0, 0};
  const auto [dx, dweight, dbias] =
      at::convolution_backward(dy, x, weight.to(x.scalar_type()), /*bias_sizes=*/std::nullopt, by,
                               /*padding=*/one, /*dilation=*/one, /*transposed=*/false,
                               /*output_padding=*/zero, /*groups=*/1, wanted);
  return {dx, dweight.defined() ? dweight.to(weight.scalar_type()) : dweight};
}

Tensor grad_of_weight(const Tensor& dy, const Tensor& x, const Tensor& weight, Shape shape) {
  std::vector<double> grad(static_cast<size_t>(weight.numel()));
  conv3x3::weight_gradient(*kernels_for(x), x.size(0), shape, x.const_data_ptr(),
                           dy.const_data_ptr(), grad.data());
  const Tensor out = at::empty_like(weight);
  if (weight.scalar_type() == at::kBFloat16) {
    unpack<c10::BFloat16>(grad, out);
  } else {
    unpack<float>(grad, out);
  }
  return out;
}

struct Conv3x3Cpu : torch::autograd::Function<Conv3x3Cpu> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight,
                        int64_t stride) {
    const WithoutAutocast full;
    context->save_for_backward({x, weight});
    context->saved_data["stride"] = stride;
    const Shape shape = shape_of(x, weight, stride);
    return wins_forward(shape) ? convolved(x, weight, shape)
                               : convolved_by_libtorch(x, weight, stride);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const WithoutAutocast full;
    const variable_list saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& weight = saved[1];
    const int64_t stride = context->saved_data["stride"].toInt();
    const bool wants_x = context->needs_input_grad(0);
    const bool wants_weight = context->needs_input_grad(1);
    if (at::GradMode::is_enabled()) {
      variable_list out = grads_by_libtorch(grads[0], x, weight, stride, {wants_x, wants_weight});
      out.emplace_back();
      return out;
    }
    const Shape shape = shape_of(x, weight, stride);
    const bool own_x = wants_x && wins_forward(shape);
    const bool own_weight = wants_weight && wins_weight_gradient(*kernels_for(x), shape);
    const Tensor dy = grads[0].contiguous(at::MemoryFormat::ChannelsLast);
    variable_list out =
        grads_by_libtorch(dy, x, weight, stride, {wants_x && !own_x, wants_weight && !own_weight});
    if (own_x) {
      out[0] = grad_of_input(dy, weight, shape);
    }
    if (own_weight) {
      out[1] = grad_of_weight(dy, x, weight, shape);
    }
    out.emplace_back();
    return out;
  }
};

// Whether what is multiplied has the type of `x`, as libtorch's operation would have it here.
bool typed(const Tensor& x, const Tensor& weight) {
  const bool casts = at::autocast::is_autocast_enabled(at::kCPU);
  if (x.scalar_type() == at::kFloat) {
    return !casts && weight.scalar_type() == at::kFloat;
  }
  const bool to_bfloat16 = casts && at::autocast::get_autocast_dtype(at::kCPU) == at::kBFloat16;
  return x.scalar_type() == at::kBFloat16 && (to_bfloat16 || !casts) &&
         (weight.scalar_type() == at::kBFloat16 ||
          (weight.scalar_type() == at::kFloat && to_bfloat16));
}

// Of equal steps in both directions that divide the image.
bool strides_evenly(const Tensor& x, at::IntArrayRef stride) {
  return stride[0] == stride[1] && x.size(2) % stride[0] == 0 && x.size(3) % stride[0] == 0;
}

}  // namespace

bool fits_conv3x3_cpu(const Tensor& x, const Tensor& weight, at::IntArrayRef stride) {
  if (!x.is_cpu() || !weight.is_cpu() || x.layout() != at::kStrided ||
      weight.layout() != at::kStrided || x.dim() != 4 || weight.dim() != 4 ||
      x.size(1) != weight.size(1) || weight.size(2) != 3 || weight.size(3) != 3 || x.numel() == 0 ||
      !strides_evenly(x, stride) || !typed(x, weight) ||
      !x.is_contiguous(at::MemoryFormat::ChannelsLast)) {
    return false;
  }
  const Kernels* kernels = kernels_for(x);
  const Shape shape = shape_of(x, weight, stride[0]);
  const bool learns = at::GradMode::is_enabled() && weight.requires_grad();
  return kernels != nullptr &&
         (wins_forward(shape) || (learns && wins_weight_gradient(*kernels, shape)));
}

Tensor conv3x3_cpu(const Tensor& x, const Tensor& weight, int64_t stride) {
  return Conv3x3Cpu::apply(x, weight, stride);
}

}  // namespace sct
