#include "sct/optim.h"

#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "cpu/optim.h"
#include "detail/call.h"
#include "detail/learning_rate.h"
#include "detail/optim_foreach.h"
#include "detail/optim_members.h"
#include "sct/autocast.h"

using namespace sct;

namespace {

void require_finite(double value, const char* name) {
  if (!std::isfinite(value)) {
    invalid(std::string("argument '") + name + "' is " + std::to_string(value) +
            ", allowed is a finite number");
  }
}

// A change of parameters: outside any graph, and no converted weights survive it.
template <class Body>
sct_status change(const char* name, const sct_tensor* params, int64_t count, Body&& body) noexcept {
  const sct_status status = guard(name, params, count, [&] {
    const at::NoGradGuard no_grad;
    body();
  });
  // After a failure too, which may have come when some weights had changed.
  const sct_status cleared = sct_autocast_clear_cache();
  return status != SCT_OK ? status : cleared;
}

// A learning rate for these parameters: one that lies on a device cannot move those of another.
optim::LearningRate rate_for(sct_tensor lr, const sct_tensor* params, int64_t count) {
  const optim::LearningRate rate = optim::learning_rate(unbox(lr, "lr"));
  if (!rate.value) {
    for (const Tensor& param : unbox_list(params, count, "params")) {
      if (param.device() != rate.tensor.device()) {
        fail(SCT_DEVICE, "argument 'lr' is on " + rate.tensor.device().str() + ", a parameter on " +
                             param.device().str());
      }
    }
  }
  return rate;
}

// Calls kernel(entries) with what the CPU's own kernels take, for which the value of the learning
// rate is known, and operations(list) with lists of the rest.
template <class Kernel, class Operations>
void move(optim::Members all, const Kernel& kernel, const Operations& operations) {
  for (optim::Members& members : optim::in_turn(std::move(all))) {
    const std::vector<optim::Entry> entries = optim::take_entries(members);
    if (!entries.empty()) {
      kernel(entries);
    }
    for (const optim::Members& list : optim::alike(members)) {
      operations(list);
    }
  }
}

}  // namespace

sct_status sct_sgd_step(const sct_tensor* params, const sct_tensor* momentum_buffers, int64_t count,
                        const sct_optim_group* groups, int64_t group_count, sct_tensor lr,
                        double momentum, bool nesterov) {
  return change("sgd_step", params, count, [&] {
    const optim::LearningRate rate = rate_for(lr, params, count);
    require_finite(momentum, "momentum");
    const optim::Groups of{groups, group_count};
    move(
        momentum == 0 ? optim::members(params, count, {}, of)
                      : optim::members(params, count, {momentum_buffers}, of),
        [&](const std::vector<optim::Entry>& entries) {
          optim::sgd(entries, {*rate.value, momentum, nesterov});
        },
        [&](const optim::Members& list) { optim::foreach_sgd(list, rate, momentum, nesterov); });
  });
}

sct_status sct_lars_step(const sct_tensor* params, const sct_tensor* velocity, int64_t count,
                         const sct_optim_group* groups, int64_t group_count, sct_tensor lr,
                         double momentum, double eeta, bool nesterov) {
  return change("lars_step", params, count, [&] {
    const optim::LearningRate rate = rate_for(lr, params, count);
    require_finite(momentum, "momentum");
    require_finite(eeta, "eeta");
    move(
        optim::members(params, count, {velocity}, {groups, group_count}),
        [&](const std::vector<optim::Entry>& entries) {
          optim::lars(entries, {*rate.value, momentum, eeta, nesterov});
        },
        [&](const optim::Members& list) {
          optim::foreach_lars(list, rate, momentum, eeta, nesterov);
        });
  });
}

sct_status sct_adamw_step(const sct_tensor* params, const sct_tensor* first_moments,
                          const sct_tensor* second_moments, int64_t count,
                          const sct_optim_group* groups, int64_t group_count, int64_t step,
                          sct_tensor lr, double beta1, double beta2, double eps) {
  return change("adamw_step", params, count, [&] {
    const optim::LearningRate rate = rate_for(lr, params, count);
    require_finite(eps, "eps");
    for (const double beta : {beta1, beta2}) {
      if (!(beta >= 0 && beta < 1)) {
        invalid("beta is " + std::to_string(beta) + ", allowed is 0 <= beta < 1");
      }
    }
    if (step < 1) {
      invalid("argument 'step' is " + std::to_string(step) + ", allowed is 1 or more");
    }
    const optim::Members all =
        optim::members(params, count, {first_moments, second_moments}, {groups, group_count});
    for (const optim::Members& members : optim::in_turn(all)) {
      for (const optim::Members& list : optim::alike(members)) {
        optim::foreach_adamw(list, rate, {step, beta1, beta2, eps});
      }
    }
  });
}

sct_status sct_zero_grad(const sct_tensor* params, int64_t count) {
  return guard("zero_grad", params, count, [&] {
    for (Tensor& param : unbox_list(params, count, "params")) {
      param.mutable_grad().reset();
    }
  });
}

sct_status sct_grad_norm(const sct_tensor* params, int64_t count, double* ret_norm) {
  return guard("grad_norm", params, count, [&] {
    require(ret_norm, "ret_norm");
    const at::NoGradGuard no_grad;
    const optim::Members all = optim::members(params, count);
    if (all.empty()) {
      *ret_norm = 0;
      return;
    }
    optim::List norms = at::_foreach_norm(all.grads);
    for (Tensor& norm : norms) {
      norm = norm.to(norms.front().device(), at::kDouble);
    }
    *ret_norm = at::linalg_vector_norm(at::stack(norms)).item<double>();
  });
}

sct_status sct_ema_update(const sct_tensor* averages, const sct_tensor* params, int64_t count,
                          double decay) {
  return change("ema_update", params, count, [&] {
    require_finite(decay, "decay");
    const optim::List values = unbox_list(params, count, "params");
    const optim::List means = unbox_list(averages, count, "averages");
    for (int64_t i = 0; i < count; ++i) {
      optim::check_state(values[i], means[i], i);
    }
    if (count > 0) {
      at::_foreach_lerp_(means, values, 1 - decay);
    }
  });
}
