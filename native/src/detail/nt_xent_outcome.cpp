#include "detail/nt_xent_outcome.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "detail/temperature.h"

namespace sct {

NtXentOutcome::NtXentOutcome(const UnitRows& unit)
    : shift_(at::empty({unit.u.size(0)}, unit.u.options())),
      weight_(at::empty_like(shift_)),
      loss_(at::empty({unit.u.size(0)}, unit.norm.options())),
      hit_(at::empty({unit.u.size(0) / 2}, unit.norm.options())),
      entropy_(at::empty_like(hit_)) {}

nt_xent::cuda::Outcome NtXentOutcome::written(double temperature, bool decoupled) const {
  return {shift_.size(0) / 2,
          temperature,
          shift_is_running(temperature),
          decoupled,
          shift_.data_ptr<float>(),
          weight_.data_ptr<float>(),
          loss_.data_ptr<double>(),
          hit_.data_ptr<double>(),
          entropy_.data_ptr<double>()};
}

torch::autograd::variable_list NtXentOutcome::results(
    torch::autograd::AutogradContext* context) const {
  const auto mean = [](const at::Tensor& values) { return values.mean().to(at::kFloat); };
  const torch::autograd::variable_list measures = {mean(hit_), mean(entropy_)};
  context->mark_non_differentiable(measures);
  return {mean(loss_), measures[0], measures[1]};
}

}  // namespace sct
