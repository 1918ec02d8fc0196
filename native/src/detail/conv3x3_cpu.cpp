#include "detail/conv3x3_cpu.h"

#include <ATen/autocast_mode.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <tuple>
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

// Beyond, oneDNN's kernels are as fast: it blocks over channels, of which it then has enough.
constexpr int64_t kMostChannels = 32;

const Kernels* kernels_for(const Tensor& x) {
  return conv3x3::kernels_of(resolve_isa(SCT_ISA_AUTO), x.scalar_type() == at::kBFloat16);
}

Shape shape_of(const Tensor& x, const Tensor& weight) {
  return {x.size(2), x.size(3), x.size(1), weight.size(0)};
}

conv3x3::Weight weight_of(const Tensor& floats) {
  return {floats.const_data_ptr<float>(),
          floats.size(0),
          floats.size(1),
          {floats.stride(0), floats.stride(1), floats.stride(2), floats.stride(3)}};
}

using Pack = void (*)(const Kernels&, const conv3x3::Weight&, float*);

// The convolution of `x` by what `pack` makes of the weight.
Tensor convolved(const Tensor& x, const Tensor& weight, Shape shape, Pack pack) {
  const Kernels& kernels = *kernels_for(x);
  const Tensor floats = weight.to(at::kFloat);
  std::vector<float> units(static_cast<size_t>(weight.numel() / kernels.pack));
  pack(kernels, weight_of(floats), units.data());
  const Tensor y = at::empty({x.size(0), shape.out, shape.height, shape.width}, x.options(),
                             at::MemoryFormat::ChannelsLast);
  conv3x3::forward(kernels, x.size(0), shape, x.const_data_ptr(), units.data(),
                   y.mutable_data_ptr());
  return y;
}

Tensor grad_of_input(const Tensor& dy, const Tensor& weight) {
  const Shape shape = {dy.size(2), dy.size(3), dy.size(1), weight.size(1)};
  return convolved(dy, weight, shape, conv3x3::pack_turned);
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

// The gradients that libtorch's operation gives, of which `wanted` tells those of input and weight.
std::tuple<Tensor, Tensor> by_libtorch(const Tensor& dy, const Tensor& x, const Tensor& weight,
                                       std::array<bool, 3> wanted) {
  const std::vector<int64_t> one = {1, 1};
  const std::vector<int64_t> zero = {0, 0};
  const auto [dx, dweight, dbias] =
      at::convolution_backward(dy, x, weight.to(x.scalar_type()), /*bias_sizes=*/std::nullopt,
                               /*stride=*/one, /*padding=*/one, /*dilation=*/one,
                               /*transposed=*/false, /*output_padding=*/zero, /*groups=*/1, wanted);
  return {dx, dweight.defined() ? dweight.to(weight.scalar_type()) : dweight};
}

Tensor grad_of_weight(const Tensor& dy, const Tensor& x, const Tensor& weight) {
  const Kernels& kernels = *kernels_for(x);
  if (kernels.weight_gradient == nullptr) {
    return std::get<1>(by_libtorch(dy, x, weight, {false, true, false}));
  }
  std::vector<double> grad(static_cast<size_t>(weight.numel()));
  conv3x3::weight_gradient(kernels, x.size(0), shape_of(x, weight), x.const_data_ptr(),
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
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight) {
    const WithoutAutocast full;
    context->save_for_backward({x, weight});
    return convolved(x, weight, shape_of(x, weight), conv3x3::pack);
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const WithoutAutocast full;
    const variable_list saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& weight = saved[1];
    const bool wants_x = context->needs_input_grad(0);
    const bool wants_weight = context->needs_input_grad(1);
    if (at::GradMode::is_enabled()) {
      const auto [dx, dweight] = by_libtorch(grads[0], x, weight, {wants_x, wants_weight, false});
      return {dx, dweight};
    }
    const Tensor dy = grads[0].contiguous(at::MemoryFormat::ChannelsLast);
    return {wants_x ? grad_of_input(dy, weight) : Tensor(),
            wants_weight ? grad_of_weight(dy, x, weight) : Tensor()};
  }
};

bool typed(const Tensor& x, const Tensor& weight) {
  const bool casts = at::autocast::is_autocast_enabled(at::kCPU);
  if (x.scalar_type() == at::kFloat) {
    return !casts && weight.scalar_type() == at::kFloat;
  }
  return x.scalar_type() == at::kBFloat16 &&
         (weight.scalar_type() == at::kBFloat16 ||
          (weight.scalar_type() == at::kFloat && casts &&
           at::autocast::get_autocast_dtype(at::kCPU) == at::kBFloat16));
}

bool fits_channels(int64_t channels) {
  return channels % conv3x3::kLanes == 0 && channels <= kMostChannels;
}

}  // namespace

bool fits_conv3x3_cpu(const Tensor& x, const Tensor& weight) {
  return x.is_cpu() && weight.is_cpu() && x.layout() == at::kStrided &&
         weight.layout() == at::kStrided && x.dim() == 4 && weight.dim() == 4 &&
         x.size(1) == weight.size(1) && weight.size(2) == 3 && weight.size(3) == 3 &&
         x.numel() > 0 && x.size(3) % conv3x3::kPixels == 0 && fits_channels(weight.size(0)) &&
         fits_channels(weight.size(1)) && typed(x, weight) &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast) && kernels_for(x) != nullptr;
}

Tensor conv3x3_cpu(const Tensor& x, const Tensor& weight) { return Conv3x3Cpu::apply(x, weight); }

}  // namespace sct
