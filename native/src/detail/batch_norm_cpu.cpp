#include "detail/batch_norm_cpu.h"

#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <vector>

#include "cpu/batch_norm_pass.h"
#include "detail/isa.h"
#include "sct/augment.h"

namespace sct {
namespace {

using at::Tensor;
using batch_norm::Columns;
using batch_norm::Kernels;
using batch_norm::Matrix;
using batch_norm::Then;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Optional = std::optional<Tensor>;

Matrix matrix_of(const Tensor& x) {
  return {x.numel() / x.size(1), x.size(1), x.scalar_type() == at::kBFloat16};
}

const Kernels& kernels_for(const Tensor& x) {
  return batch_norm::kernels_of(resolve_isa(SCT_ISA_AUTO), x.scalar_type() == at::kBFloat16);
}

// What the kernels multiply with and add, in float32. The mean is rounded, and what that loses is
// made good by the shift: it would show where a channel varies little around a large mean.
class Constants {
 public:
  Constants(int64_t channels, const double* mean, const double* invstd, const Optional& weight,
            const Optional& bias) {
    const float* w = floats_or_null(weight);
    const float* b = floats_or_null(bias);
    for (int64_t c = 0; c < channels; c++) {
      const double scale = invstd[c] * (w == nullptr ? 1.0 : static_cast<double>(w[c]));
      const auto rounded = static_cast<float>(mean[c]);
      const double lost = std::isfinite(mean[c]) ? mean[c] - rounded : 0;
      mean_.push_back(rounded);
      lost_.push_back(lost);
      scale_.push_back(static_cast<float>(scale));
      shift_.push_back(
          static_cast<float>((b == nullptr ? 0.0 : static_cast<double>(b[c])) - lost * scale));
    }
  }

  Columns get() const { return {mean_.data(), scale_.data(), shift_.data()}; }

  // The mean minus what the kernels subtract.
  double lost(int64_t c) const { return lost_[static_cast<size_t>(c)]; }
  double scale(int64_t c) const { return scale_[static_cast<size_t>(c)]; }

 private:
  std::vector<float> mean_, scale_, shift_;
  std::vector<double> lost_;
};

// Of all processes: the mean of each channel, its sum of (x - mean)^2, and how many values that is.
struct Moments {
  std::vector<double> mean;
  std::vector<double> square;
  double count;
};

Moments combine(const Collective& group, const Tensor& local, int64_t channels) {
  const Tensor all = group.all_gather(local).contiguous();
  const auto row = [&](int64_t process) {
    return all.const_data_ptr<double>() + process * (1 + 2 * channels);
  };
  const double* first = row(0);
  Moments out = {{first + 1, first + 1 + channels},
                 {first + 1 + channels, first + 1 + 2 * channels},
                 first[0]};
  for (int64_t process = 1; process < all.size(0); process++) {
    const double* other = row(process);
    batch_norm::merge(out.count, other[0], channels, other + 1, other + 1 + channels,
                      out.mean.data(), out.square.data());
    out.count += other[0];
  }
  return out;
}

Moments moments_of(const Collective& group, const Kernels& kernels, const Tensor& x) {
  const Matrix matrix = matrix_of(x);
  const Tensor local = at::empty({1 + 2 * matrix.channels}, at::kDouble);
  auto* data = local.data_ptr<double>();
  data[0] = static_cast<double>(matrix.rows);
  batch_norm::statistics(kernels, matrix, x.const_data_ptr(), data + 1, data + 1 + matrix.channels);
  return combine(group, local, matrix.channels);
}

// running <- (1 - momentum) running + momentum value.
template <class Value>
void follow(const Optional& running, double momentum, const Value& value) {
  if (!is_defined(running)) {
    return;
  }
  running->unsafeGetTensorImpl()->bump_version();
  auto* data = running->data_ptr<float>();
  for (int64_t c = 0; c < running->numel(); c++) {
    data[c] = static_cast<float>((1 - momentum) * static_cast<double>(data[c]) +
                                 momentum * value(static_cast<size_t>(c)));
  }
}

Tensor normalized(const Kernels& kernels, const Tensor& x, const Optional& shortcut,
                  const Constants& constants, Then then) {
  const Tensor y = empty_rows(x);
  batch_norm::apply(kernels, matrix_of(x),
                    {x.const_data_ptr(), data_of(shortcut), constants.get(), y.mutable_data_ptr()},
                    then);
  return y;
}

Tensor floats_of(const std::vector<double>& values) {
  const Tensor out = at::empty({static_cast<int64_t>(values.size())}, at::kFloat);
  auto* data = out.data_ptr<float>();
  for (size_t i = 0; i < values.size(); i++) {
    data[i] = static_cast<float>(values[i]);
  }
  return out;
}

struct BatchNormCpu : torch::autograd::Function<BatchNormCpu> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Optional& shortcut,
                        const Optional& weight, const Optional& bias,
                        const BatchNormOptions& options) {
    const Kernels& kernels = kernels_for(x);
    const int64_t channels = x.size(1);
    const Moments moments = moments_of(*options.group, kernels, x);
    follow(options.running_mean, options.momentum, [&](size_t c) { return moments.mean[c]; });
    follow(options.running_var, options.momentum,
           [&](size_t c) { return moments.square[c] / (moments.count - 1); });

    // In double: the backward pass derives the same constants from them.
    const Tensor state = at::empty({2, channels}, at::kDouble);
    auto* mean = state.data_ptr<double>();
    double* invstd = mean + channels;
    for (int64_t c = 0; c < channels; c++) {
      const auto i = static_cast<size_t>(c);
      mean[c] = moments.mean[i];
      invstd[c] = 1 / std::sqrt(moments.square[i] / moments.count + options.eps);
    }
    const Constants constants(channels, mean, invstd, weight, bias);
    const Tensor y = normalized(kernels, x, rows_or_none(shortcut, x), constants, options.then);

    // The output tells what an added shortcut has cut off. Without one, x does.
    const bool adds = options.then == Then::kAddRelu;
    context->save_for_backward(
        {x, state, weight.value_or(Tensor()), bias.value_or(Tensor()), adds ? y : Tensor()});
    context->saved_data["then"] = static_cast<int64_t>(options.then);
    context->saved_data["count"] = moments.count;
    context->saved_data["group"] = c10::IValue::make_capsule(options.group);
    return y;
  }

  // With n values to a channel over all processes, xhat = (x - mean) invstd, dz the gradient dy
  // where the output was not cut off, and scale = weight invstd:
  //   dx = scale (dz - sum dz / n - xhat sum(dz xhat) / n)
  //   dweight = sum(dz xhat);  dbias = sum dz;  dshortcut = dz
  // The sums in dx go over all processes. Those of the parameters are this process's share.
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(),
                                "batch_norm is not twice differentiable on the CPU in float32 and "
                                "bfloat16; use float64 for that");
    const variable_list saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const auto optional = [&](size_t i) {
      return saved[i].defined() ? Optional(saved[i]) : std::nullopt;
    };
    const Optional weight = optional(2);
    const Optional bias = optional(3);
    const auto then = static_cast<Then>(context->saved_data["then"].toInt());
    const double count = context->saved_data["count"].toDouble();
    const auto group = context->saved_data["group"].toCapsule();
    const Kernels& kernels = kernels_for(x);
    const Matrix matrix = matrix_of(x);
    const int64_t channels = matrix.channels;
    const auto* mean = saved[1].const_data_ptr<double>();
    const double* invstd = mean + channels;
    const Constants constants(channels, mean, invstd, weight, bias);

    const bool adds = then == Then::kAddRelu;
    const Tensor dy = as_rows(grads[0], x);
    const Tensor dz = adds ? empty_rows(x) : dy;
    Tensor sums = at::empty({2, channels}, at::kDouble);
    auto* sum = sums.data_ptr<double>();
    double* product = sum + channels;
    batch_norm::reduce(
        kernels, matrix,
        {x.const_data_ptr(), dy.const_data_ptr(), adds ? saved[4].const_data_ptr() : nullptr,
         constants.get(), adds ? dz.mutable_data_ptr() : nullptr, sum, product},
        then);
    std::vector<double> grad_weight;
    const std::vector<double> grad_bias(sum, sum + channels);
    for (int64_t c = 0; c < channels; c++) {
      product[c] -= sum[c] * constants.lost(c);
      grad_weight.push_back(product[c] * invstd[c]);
    }
    variable_list out(5);
    if (context->needs_input_grad(0)) {
      static_cast<const Collective&>(*group).all_reduce(sums);
      out[0] = grad_of_input(kernels, matrix, x, dz, constants, invstd, sum, product, count, then);
    }
    if (adds) {
      out[1] = dz;
    }
    if (weight.has_value()) {
      out[2] = floats_of(grad_weight);
    }
    if (bias.has_value()) {
      out[3] = floats_of(grad_bias);
    }
    return out;
  }

 private:
  static Tensor grad_of_input(const Kernels& kernels, const Matrix& matrix, const Tensor& x,
                              const Tensor& dz, const Constants& constants, const double* invstd,
                              const double* sum, const double* product, double count, Then then) {
    std::vector<float> along;
    std::vector<float> constant;
    for (int64_t c = 0; c < matrix.channels; c++) {
      const double scale = constants.scale(c);
      const double slope = -scale * invstd[c] * invstd[c] * product[c] / count;
      along.push_back(static_cast<float>(slope));
      constant.push_back(static_cast<float>(-scale * sum[c] / count - slope * constants.lost(c)));
    }
    const Tensor dx = empty_rows(x);
    batch_norm::apply_gradient(kernels, matrix,
                               {x.const_data_ptr(), dz.const_data_ptr(), constants.get(),
                                along.data(), constant.data(), dx.mutable_data_ptr()},
                               then);
    return dx;
  }
};

}  // namespace

bool fits_batch_norm_cpu(const BatchNormTensors& tensors) {
  const at::ScalarType type = tensors.x.scalar_type();
  return tensors.x.is_cpu() && (type == at::kFloat || type == at::kBFloat16) && fits_rows(tensors);
}

Tensor batch_norm_cpu(const BatchNormTensors& tensors, Then then, double momentum, double eps,
                      const c10::intrusive_ptr<Collective>& group) {
  const BatchNormOptions options = {then, momentum, eps, tensors.running_mean, tensors.running_var,
                                    group};
  return BatchNormCpu::apply(tensors.x, tensors.shortcut, tensors.weight, tensors.bias, options);
}

Tensor batch_norm_cpu_evaluate(const BatchNormTensors& tensors, Then then, double eps) {
  const Tensor& x = tensors.x;
  const int64_t channels = x.size(1);
  const float* running_mean = floats_or_null(tensors.running_mean);
  const float* running_var = floats_or_null(tensors.running_var);
  std::vector<double> invstd;
  for (int64_t c = 0; c < channels; c++) {
    invstd.push_back(1 / std::sqrt(static_cast<double>(running_var[c]) + eps));
  }
  const std::vector<double> mean(running_mean, running_mean + channels);
  const Constants constants(channels, mean.data(), invstd.data(), tensors.weight, tensors.bias);
  return normalized(kernels_for(x), x, rows_or_none(tensors.shortcut, x), constants, then);
}

}  // namespace sct
