#include "detail/nt_xent_fused.h"

#include <ATen/Context.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/exp2.h>
#include <ATen/ops/log2.h>

#include "detail/cuda_table.h"
#include "detail/nt_xent_outcome.h"
#include "detail/temperature.h"
#include "detail/unit_rows.h"
#include "detail/without_autocast.h"

namespace sct {
namespace {

namespace gpu = nt_xent::cuda;

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Rounded to the 11 bits of TF32 (Dekker 1971, "A floating-point technique for extending the
// available precision": 24 bits split by a factor of 2^13 + 1).
Tensor rounded_to_tf32(const Tensor& values) {
  const Tensor multiple = values.mul(8193);
  return multiple.sub(multiple.sub(values));
}

// The rows of products, see gpu::Rows, and 1 / their lengths [M].
struct Scaled {
  Tensor rows;
  Tensor reciprocal;
};

Scaled scaled(const Tensor& z, const UnitRows& unit, gpu::Operand operand) {
  const Tensor length = at::clamp_min(unit.norm, unit.eps);
  const Tensor power = at::exp2(at::log2(length).floor_().neg_());
  const Tensor rows = z.mul(power);
  return {operand == gpu::Operand::kBfloat16 ? rows.to(at::kBFloat16)
                                             : rounded_to_tf32(rows.to(at::kFloat)),
          length.mul(power).reciprocal_().to(at::kFloat).flatten()};
}

gpu::Rows rows_of(const Tensor& rows, const Tensor& reciprocal) {
  return {static_cast<const uint32_t*>(rows.data_ptr()), reciprocal.data_ptr<float>(),
          static_cast<int32_t>(rows.size(0) / 2)};
}

// Of `candidates` candidates of `rows`.
gpu::Parts parts_of(const Tensor& rows, gpu::Operand operand, int64_t candidates) {
  const auto words = static_cast<int32_t>(rows.size(1)) / gpu::numbers_in_word(operand);
  const auto blocks = static_cast<int32_t>((rows.size(0) + gpu::kAnchors - 1) / gpu::kAnchors);
  return gpu::parts_of(static_cast<int32_t>(candidates), gpu::tile_of(words), blocks);
}

}  // namespace

// The only place where precision is decided. Tensor cores multiply no float32: rows that are
// float32 go there only where TF32 is allowed to take its place. Rows that are bfloat16 lose
// nothing, whatever is allowed.
std::optional<gpu::Operand> fused_operand(const Tensor& z, at::ScalarType given) {
  if (!gpu::has_fused_kernels(z.size(1)) ||
      !cuda_table(z.get_device()).nt_xent_can_fuse(z.get_device())) {
    return std::nullopt;
  }
  if (given == at::kBFloat16) {
    return gpu::Operand::kBfloat16;
  }
  if (at::globalContext().allowTF32CuBLAS()) {
    return gpu::Operand::kTf32;
  }
  return std::nullopt;
}

variable_list NtXentFused::forward(AutogradContext* context, const Tensor& z, gpu::Operand operand,
                                   const NtXentOptions& options) {
  const WithoutAutocast without_autocast;
  const CudaTable& table = cuda_table(z.get_device());
  // The kernels want rows one after the other.
  const Tensor rows = z.contiguous();
  const UnitRows unit = normalized(rows, options.eps);
  const Scaled of_products = scaled(rows, unit, operand);
  const int64_t m = z.size(0);

  const NtXentOutcome outcome(unit);
  const Tensor positive = at::empty({m}, unit.u.options());
  const gpu::Parts parts = parts_of(of_products.rows, operand, m / 2);
  static_assert(sizeof(gpu::LaneSum) == 3 * sizeof(float));
  const Tensor sums = at::empty({2 * parts.count, m, 3}, unit.u.options());
  table.nt_xent_fused_forward(
      {operand, static_cast<int32_t>(z.size(1)), rows_of(of_products.rows, of_products.reciprocal),
       parts, scale_of(options.temperature),
       reinterpret_cast<gpu::LaneSum*>(sums.data_ptr<float>()), positive.data_ptr<float>(),
       outcome.written(options.temperature, options.decoupled)},
      z.get_device());

  context->save_for_backward({unit.u, unit.norm, of_products.rows, of_products.reciprocal, positive,
                              outcome.shift(), outcome.weight()});
  context->saved_data["operand"] = static_cast<int64_t>(operand);
  context->saved_data["temperature"] = options.temperature;
  context->saved_data["decoupled"] = options.decoupled;
  context->saved_data["eps"] = options.eps;
  return outcome.results(context);
}

variable_list NtXentFused::backward(AutogradContext* context, const variable_list& grads) {
  TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(), "nt_xent is not twice differentiable");
  const WithoutAutocast without_autocast;
  const variable_list saved = context->get_saved_variables();
  const UnitRows unit = {saved[0], saved[1], context->saved_data["eps"].toDouble()};
  const Tensor& rows = saved[2];
  const auto operand = static_cast<gpu::Operand>(context->saved_data["operand"].toInt());
  const double temperature = context->saved_data["temperature"].toDouble();
  const bool decoupled = context->saved_data["decoupled"].toBool();
  const int64_t m = rows.size(0);
  const int32_t device = rows.get_device();

  const gpu::Parts parts = parts_of(rows, operand, m);
  const Tensor partial = at::empty({parts.count, m, rows.size(1)}, unit.u.options());
  const Tensor du = at::empty_like(unit.u);
  cuda_table(device).nt_xent_fused_backward(
      {operand,
       static_cast<int32_t>(rows.size(1)),
       rows_of(rows, saved[3]),
       parts,
       {m / 2, scale_of(temperature), shift_is_running(temperature), decoupled,
        saved[5].data_ptr<float>(), saved[6].data_ptr<float>()},
       unit.u.data_ptr<float>(),
       saved[4].data_ptr<float>(),
       partial.data_ptr<float>(),
       du.data_ptr<float>()},
      device);
  du.mul_(grads[0].div(static_cast<double>(m) * temperature));
  return {gradient_of_rows(unit, du), Tensor(), Tensor()};
}

}  // namespace sct
