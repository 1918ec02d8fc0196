#include "detail/batch_norm_cuda.h"

#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <initializer_list>

#include "cuda/batch_norm.h"
#include "detail/cuda_table.h"

namespace sct {
namespace {

namespace gpu = batch_norm::cuda;

using at::Tensor;
using batch_norm::Then;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Optional = std::optional<Tensor>;

gpu::Element element_of(const Tensor& x) {
  switch (x.scalar_type()) {
    case at::kBFloat16:
      return gpu::Element::kBfloat16;
    case at::kHalf:
      return gpu::Element::kFloat16;
    default:
      return gpu::Element::kFloat32;
  }
}

// Like `x`, whose rows a pass has at `addresses`, null for none.
gpu::Matrix matrix_of(const Tensor& x, std::initializer_list<const void*> addresses) {
  const gpu::Element element = element_of(x);
  bool wide = x.size(1) % gpu::widest(element) == 0;
  for (const void* address : addresses) {
    wide = wide && reinterpret_cast<uintptr_t>(address) % 16 == 0;
  }
  return {x.numel() / x.size(1), x.size(1), element, wide};
}

Tensor empty_of(const Tensor& x, at::IntArrayRef sizes, at::ScalarType type) {
  return at::empty(sizes, at::TensorOptions().device(x.device()).dtype(type));
}

// [parts, 2, C] of a pass.
Tensor empty_parts(const Tensor& x, const gpu::Matrix& matrix) {
  return empty_of(x, {gpu::layout_of(matrix).parts, 2, matrix.channels}, at::kDouble);
}

// What a pass changes.
float* moving(const Optional& running) {
  if (!is_defined(running)) {
    return nullptr;
  }
  running->unsafeGetTensorImpl()->bump_version();
  return running->data_ptr<float>();
}

Tensor moments_of(const Collective& group, const Tensor& x) {
  const gpu::Matrix matrix = matrix_of(x, {x.const_data_ptr()});
  const Tensor parts = empty_parts(x, matrix);
  const Tensor local = empty_of(x, {1 + 2 * matrix.channels}, at::kDouble);
  cuda_table(x.get_device())
      .batch_norm_statistics(
          {matrix, x.const_data_ptr(), parts.data_ptr<double>(), local.data_ptr<double>()},
          x.get_device());
  return group.all_gather(local).contiguous();
}

Tensor normalized(const Tensor& x, const Optional& shortcut, const Tensor& constants, Then then) {
  const Tensor y = empty_rows(x);
  const void* from = x.const_data_ptr();
  const void* added = data_of(shortcut);
  void* to = y.mutable_data_ptr();
  cuda_table(x.get_device())
      .batch_norm_apply({matrix_of(x, {from, added, to}), then, from, added,
                         constants.const_data_ptr<float>(), to},
                        x.get_device());
  return y;
}

struct BatchNormCuda : torch::autograd::Function<BatchNormCuda> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Optional& shortcut,
                        const Optional& weight, const Optional& bias,
                        const BatchNormOptions& options) {
    const int64_t channels = x.size(1);
    const Tensor moments = moments_of(*options.group, x);
    const Tensor state = empty_of(x, {1 + 2 * channels}, at::kDouble);
    const Tensor constants = empty_of(x, {3, channels}, at::kFloat);
    cuda_table(x.get_device())
        .batch_norm_normalization({channels,
                                   moments.size(0),
                                   moments.const_data_ptr<double>(),
                                   {floats_or_null(weight), floats_or_null(bias)},
                                   options.eps,
                                   options.momentum,
                                   moving(options.running_mean),
                                   moving(options.running_var),
                                   state.data_ptr<double>(),
                                   constants.data_ptr<float>()},
                                  x.get_device());
    const Tensor y = normalized(x, rows_or_none(shortcut, x), constants, options.then);

    // The output tells what an added shortcut has cut off. Without one, x does.
    const bool adds = options.then == Then::kAddRelu;
    context->save_for_backward({x, state, constants, adds ? y : Tensor()});
    context->saved_data["then"] = static_cast<int64_t>(options.then);
    context->saved_data["weight"] = is_defined(weight);
    context->saved_data["bias"] = is_defined(bias);
    context->saved_data["group"] = c10::IValue::make_capsule(options.group);
    return y;
  }

  // As on the CPU: the sums in dx go over all processes, those of the parameters are this process's
  // share.
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(),
                                "batch_norm is not twice differentiable on a GPU in float32, "
                                "bfloat16 and float16; use float64 for that");
    const variable_list saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& state = saved[1];
    const Tensor& constants = saved[2];
    const int64_t channels = x.size(1);
    const auto then = static_cast<Then>(context->saved_data["then"].toInt());
    const bool adds = then == Then::kAddRelu;
    const auto parameter = [&](const char* name) {
      return context->saved_data[name].toBool() ? empty_of(x, {channels}, at::kFloat) : Tensor();
    };
    const Tensor dy = as_rows(grads[0], x);
    const Tensor dz = adds ? empty_rows(x) : dy;
    variable_list out = {Tensor(), Tensor(), parameter("weight"), parameter("bias"), Tensor()};
    Tensor sums = empty_of(x, {2, channels}, at::kDouble);
    {
      const void* from = x.const_data_ptr();
      const void* gradient = dy.const_data_ptr();
      const void* y = adds ? saved[3].const_data_ptr() : nullptr;
      void* cut = adds ? dz.mutable_data_ptr() : nullptr;
      const gpu::Matrix matrix = matrix_of(x, {from, gradient, y, cut});
      const Tensor parts = empty_parts(x, matrix);
      cuda_table(x.get_device())
          .batch_norm_reduce(
              {matrix, then, from, gradient, y, constants.const_data_ptr<float>(),
               state.const_data_ptr<double>(), cut, parts.data_ptr<double>(),
               sums.data_ptr<double>(), out[2].defined() ? out[2].data_ptr<float>() : nullptr,
               out[3].defined() ? out[3].data_ptr<float>() : nullptr},
              x.get_device());
    }
    if (context->needs_input_grad(0)) {
      const auto group = context->saved_data["group"].toCapsule();
      static_cast<const Collective&>(*group).all_reduce(sums);
      out[0] = grad_of_input(x, dz, state, constants, sums, then);
    }
    if (adds) {
      out[1] = dz;
    }
    return out;
  }

 private:
  static Tensor grad_of_input(const Tensor& x, const Tensor& dz, const Tensor& state,
                              const Tensor& constants, const Tensor& sums, Then then) {
    const Tensor dx = empty_rows(x);
    const Tensor slopes = empty_of(x, {2, x.size(1)}, at::kFloat);
    const void* from = x.const_data_ptr();
    const void* gradient = dz.const_data_ptr();
    void* to = dx.mutable_data_ptr();
    cuda_table(x.get_device())
        .batch_norm_apply_gradient(
            {matrix_of(x, {from, gradient, to}), then, from, gradient,
             constants.const_data_ptr<float>(), state.const_data_ptr<double>(),
             sums.const_data_ptr<double>(), slopes.data_ptr<float>(), to},
            x.get_device());
    return dx;
  }
};

}  // namespace

bool fits_batch_norm_cuda(const BatchNormTensors& tensors) {
  const at::ScalarType type = tensors.x.scalar_type();
  return tensors.x.is_cuda() && has_cuda_table() &&
         (type == at::kFloat || type == at::kBFloat16 || type == at::kHalf) && fits_rows(tensors);
}

Tensor batch_norm_cuda(const BatchNormTensors& tensors, Then then, double momentum, double eps,
                       const c10::intrusive_ptr<Collective>& group) {
  const BatchNormOptions options = {then, momentum, eps, tensors.running_mean, tensors.running_var,
                                    group};
  return BatchNormCuda::apply(tensors.x, tensors.shortcut, tensors.weight, tensors.bias, options);
}

Tensor batch_norm_cuda_evaluate(const BatchNormTensors& tensors, Then then, double eps) {
  const Tensor& x = tensors.x;
  const Tensor constants = empty_of(x, {3, x.size(1)}, at::kFloat);
  cuda_table(x.get_device())
      .batch_norm_evaluation({x.size(1),
                              floats_or_null(tensors.running_mean),
                              floats_or_null(tensors.running_var),
                              {floats_or_null(tensors.weight), floats_or_null(tensors.bias)},
                              eps,
                              constants.data_ptr<float>()},
                             x.get_device());
  return normalized(x, rows_or_none(tensors.shortcut, x), constants, then);
}

}  // namespace sct
