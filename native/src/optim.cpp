#include "sct/optim.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcdiv.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_foreach_sqrt.h>
#include <ATen/ops/_foreach_sub.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "cpu/optim.h"
#include "detail/call.h"
#include "sct/autocast.h"

using namespace sct;

namespace {

using List = std::vector<Tensor>;

// The parameters that have a gradient, their gradients, and up to two states of each.
struct Group {
  List params;
  List grads;
  List states[2];

  bool empty() const { return params.empty(); }

  void add(const Group& from, size_t i) {
    params.push_back(from.params[i]);
    grads.push_back(from.grads[i]);
    for (int s = 0; s < 2; ++s) {
      if (!from.states[s].empty()) {
        states[s].push_back(from.states[s][i]);
      }
    }
  }
};

// Whether the CPU's own kernels take a tensor, in whatever order its memory is.
bool fits(const Tensor& t) {
  return t.is_cpu() && t.scalar_type() == at::kFloat && t.layout() == at::kStrided &&
         t.is_non_overlapping_and_dense();
}

bool fits(const Group& group, size_t i) {
  const Tensor& param = group.params[i];
  const auto alike = [&](const Tensor& t) { return fits(t) && t.strides() == param.strides(); };
  return fits(param) && alike(group.grads[i]) &&
         (group.states[0].empty() || alike(group.states[0][i]));
}

// Whether a parameter is there twice: the kernels would move it on two threads at a time.
bool has_duplicates(const List& params) {
  std::vector<const void*> memory;
  for (const Tensor& param : params) {
    memory.push_back(param.const_data_ptr());
  }
  std::sort(memory.begin(), memory.end());
  return std::adjacent_find(memory.begin(), memory.end()) != memory.end();
}

// Takes what the CPU's own kernels take out of `group`.
std::vector<optim::Entry> take_entries(Group& group) {
  std::vector<optim::Entry> entries;
  if (has_duplicates(group.params)) {
    return entries;
  }
  Group rest;
  for (size_t i = 0; i < group.params.size(); ++i) {
    if (!fits(group, i)) {
      rest.add(group, i);
      continue;
    }
    const Tensor& param = group.params[i];
    // The kernels write past libtorch's back.
    param.unsafeGetTensorImpl()->bump_version();
    float* momentum = nullptr;
    if (!group.states[0].empty()) {
      group.states[0][i].unsafeGetTensorImpl()->bump_version();
      momentum = group.states[0][i].data_ptr<float>();
    }
    entries.push_back(
        {param.data_ptr<float>(), group.grads[i].const_data_ptr<float>(), momentum, param.numel()});
  }
  group = std::move(rest);
  return entries;
}

void check_state(const Tensor& param, const Tensor& state, int64_t i) {
  if (state.sizes() != param.sizes()) {
    fail(SCT_SHAPE, "state " + std::to_string(i) + " has another shape than its parameter");
  }
  if (state.scalar_type() != param.scalar_type() || state.device() != param.device()) {
    invalid("state " + std::to_string(i) + " has another dtype or device than its parameter");
  }
}

Group group(const sct_tensor* params, int64_t count,
            std::initializer_list<const sct_tensor*> states = {}) {
  const List all = unbox_list(params, count, "params");
  Group group;
  size_t slot = 0;
  for (const sct_tensor* state : states) {
    const List of_all = unbox_list(state, count, "state");
    for (int64_t i = 0; i < count; ++i) {
      check_state(all[i], of_all[i], i);
      if (all[i].grad().defined()) {
        group.states[slot].push_back(of_all[i]);
      }
    }
    ++slot;
  }
  for (const Tensor& param : all) {
    if (param.grad().defined()) {
      group.params.push_back(param);
      group.grads.push_back(param.grad());
    }
  }
  return group;
}

void require_finite(double value, const char* name) {
  if (!std::isfinite(value)) {
    invalid(std::string("argument '") + name + "' is " + std::to_string(value) +
            ", allowed is a finite number");
  }
}

// A step: outside any graph, and no converted weights survive it.
template <class Body>
sct_status step(const char* name, const sct_tensor* params, int64_t count, Body&& body) noexcept {
  const sct_status status = guard(name, params, count, [&] {
    const at::NoGradGuard no_grad;
    body();
  });
  // After a failure too, which may have come when some weights had changed.
  const sct_status cleared = sct_autocast_clear_cache();
  return status != SCT_OK ? status : cleared;
}

List decayed(const Group& group, double weight_decay) {
  return weight_decay == 0 ? group.grads
                           : at::_foreach_add(group.grads, group.params, weight_decay);
}

// eeta |w| / |g| of each parameter, and 1 where either norm is 0, without waiting for the device.
List trust_ratios(const List& params, const List& grads, double eeta) {
  const Tensor w = at::stack(at::_foreach_norm(params));
  const Tensor g = at::stack(at::_foreach_norm(grads));
  const Tensor ratio = w.mul(eeta).div_(g);
  return at::where(w.gt(0).logical_and_(g.gt(0)), ratio, at::ones_like(ratio)).unbind();
}

}  // namespace

sct_status sct_sgd_step(const sct_tensor* params, const sct_tensor* momentum_buffers, int64_t count,
                        double lr, double momentum, double weight_decay, bool nesterov) {
  return step("sgd_step", params, count, [&] {
    require_finite(lr, "lr");
    require_finite(momentum, "momentum");
    require_finite(weight_decay, "weight_decay");
    if (momentum == 0) {
      Group plain = group(params, count);
      optim::sgd(take_entries(plain), {lr, momentum, weight_decay, nesterov});
      if (!plain.empty()) {
        at::_foreach_add_(plain.params, decayed(plain, weight_decay), -lr);
      }
      return;
    }
    Group with_buffers = group(params, count, {momentum_buffers});
    optim::sgd(take_entries(with_buffers), {lr, momentum, weight_decay, nesterov});
    if (with_buffers.empty()) {
      return;
    }
    const List grads = decayed(with_buffers, weight_decay);
    const List& buffers = with_buffers.states[0];
    at::_foreach_mul_(buffers, momentum);
    at::_foreach_add_(buffers, grads);
    at::_foreach_add_(with_buffers.params,
                      nesterov ? at::_foreach_add(grads, buffers, momentum) : buffers, -lr);
  });
}

sct_status sct_lars_step(const sct_tensor* params, const sct_tensor* velocity, int64_t count,
                         double lr, double momentum, double weight_decay, double eeta, bool adapt,
                         bool nesterov) {
  return step("lars_step", params, count, [&] {
    require_finite(lr, "lr");
    require_finite(momentum, "momentum");
    require_finite(weight_decay, "weight_decay");
    require_finite(eeta, "eeta");
    Group with_velocity = group(params, count, {velocity});
    optim::lars(take_entries(with_velocity), {lr, momentum, weight_decay, eeta, adapt, nesterov});
    if (with_velocity.empty()) {
      return;
    }
    const List& weights = with_velocity.params;
    const List& v = with_velocity.states[0];
    List grads = decayed(with_velocity, weight_decay);
    if (adapt) {
      grads = at::_foreach_mul(grads, trust_ratios(weights, grads, eeta));
    }
    at::_foreach_mul_(v, momentum);
    at::_foreach_add_(v, grads, lr);
    if (nesterov) {
      List update = at::_foreach_mul(v, momentum);
      at::_foreach_add_(update, grads, lr);
      at::_foreach_sub_(weights, update);
    } else {
      at::_foreach_sub_(weights, v);
    }
  });
}

sct_status sct_adamw_step(const sct_tensor* params, const sct_tensor* first_moments,
                          const sct_tensor* second_moments, int64_t count, int64_t step_number,
                          double lr, double beta1, double beta2, double eps, double weight_decay) {
  return step("adamw_step", params, count, [&] {
    require_finite(lr, "lr");
    require_finite(eps, "eps");
    require_finite(weight_decay, "weight_decay");
    for (const double beta : {beta1, beta2}) {
      if (!(beta >= 0 && beta < 1)) {
        invalid("beta is " + std::to_string(beta) + ", allowed is 0 <= beta < 1");
      }
    }
    if (step_number < 1) {
      invalid("argument 'step' is " + std::to_string(step_number) + ", allowed is 1 or more");
    }
    const Group with_moments = group(params, count, {first_moments, second_moments});
    if (with_moments.empty()) {
      return;
    }
    const auto& [weights, grads, moments] = with_moments;
    const auto t = static_cast<double>(step_number);
    const double first_correction = 1 - std::pow(beta1, t);
    const double second_correction = 1 - std::pow(beta2, t);
    if (weight_decay != 0) {
      at::_foreach_mul_(weights, 1 - lr * weight_decay);
    }
    at::_foreach_lerp_(moments[0], grads, 1 - beta1);
    at::_foreach_mul_(moments[1], beta2);
    at::_foreach_addcmul_(moments[1], grads, grads, 1 - beta2);
    List divisors = at::_foreach_sqrt(moments[1]);
    at::_foreach_div_(divisors, std::sqrt(second_correction));
    at::_foreach_add_(divisors, eps);
    at::_foreach_addcdiv_(weights, moments[0], divisors, -lr / first_correction);
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
    const Group all = group(params, count);
    if (all.empty()) {
      *ret_norm = 0;
      return;
    }
    List norms = at::_foreach_norm(all.grads);
    for (Tensor& norm : norms) {
      norm = norm.to(norms.front().device(), at::kDouble);
    }
    *ret_norm = at::linalg_vector_norm(at::stack(norms)).item<double>();
  });
}

sct_status sct_ema_update(const sct_tensor* averages, const sct_tensor* params, int64_t count,
                          double decay) {
  return step("ema_update", params, count, [&] {
    require_finite(decay, "decay");
    const List values = unbox_list(params, count, "params");
    const List means = unbox_list(averages, count, "averages");
    for (int64_t i = 0; i < count; ++i) {
      check_state(values[i], means[i], i);
    }
    if (count > 0) {
      at::_foreach_lerp_(means, values, 1 - decay);
    }
  });
}
