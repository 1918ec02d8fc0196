#include "detail/optim_foreach.h"

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcdiv.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_foreach_sqrt.h>
#include <ATen/ops/_foreach_sub.h>
#include <ATen/ops/rsub.h>
#include <ATen/ops/stack.h>

#include <cmath>

namespace sct::optim {
namespace {

using at::Tensor;
using at::TensorList;

// Calls body(first, count, weight_decay) for the members that follow each other with one decay.
template <class Body>
void each_decay(const Members& list, const Body& body) {
  for (size_t first = 0, last = 0; first < list.size(); first = last) {
    const double weight_decay = list.weight_decays[first];
    while (last < list.size() && list.weight_decays[last] == weight_decay) {
      ++last;
    }
    body(first, last - first, weight_decay);
  }
}

// g + weight_decay w of each member.
List decayed(const Members& list) {
  List grads;
  each_decay(list, [&](size_t first, size_t count, double weight_decay) {
    const TensorList some = TensorList(list.grads).slice(first, count);
    if (weight_decay == 0) {
      grads.insert(grads.end(), some.begin(), some.end());
      return;
    }
    const List sums =
        at::_foreach_add(some, TensorList(list.params).slice(first, count), weight_decay);
    grads.insert(grads.end(), sums.begin(), sums.end());
  });
  return grads;
}

// The learning rate in the dtype of a list, in which its operations are the fast ones.
Tensor rate_like(const LearningRate& lr, const Members& list) {
  return lr.tensor.to(list.params.front().scalar_type());
}

// eeta |w| / |g| of each parameter, and 1 where either norm is 0.
Tensor trust_ratios(const List& params, const List& grads, double eeta) {
  const Tensor w = at::stack(at::_foreach_norm(params));
  const Tensor g = at::stack(at::_foreach_norm(grads));
  const Tensor scales = w.gt(0).bitwise_and_(g.gt(0));
  return w.mul(eeta).div_(g).masked_fill_(scales.bitwise_not(), 1);
}

// Multiplies the gradients by the trust ratios where the group adapts, and all by the learning rate
// unless its value is known, when whoever adds them up multiplies by it.
List scaled(const Members& list, const List& grads, const LearningRate& lr, double eeta) {
  List out = grads;
  std::vector<size_t> adapted;
  std::vector<size_t> others;
  List params_adapted;
  List grads_adapted;
  List grads_others;
  for (size_t i = 0; i < list.size(); ++i) {
    if (list.adapts[i]) {
      adapted.push_back(i);
      params_adapted.push_back(list.params[i]);
      grads_adapted.push_back(grads[i]);
    } else {
      others.push_back(i);
      grads_others.push_back(grads[i]);
    }
  }
  const auto put = [&out](const std::vector<size_t>& where, const List& values) {
    for (size_t i = 0; i < where.size(); ++i) {
      out[where[i]] = values[i];
    }
  };
  if (!adapted.empty()) {
    Tensor ratios = trust_ratios(params_adapted, grads_adapted, eeta);
    if (!lr.value) {
      ratios.mul_(lr.tensor);
    }
    put(adapted, at::_foreach_mul(grads_adapted, ratios.unbind()));
  }
  if (!lr.value && !others.empty()) {
    put(others, at::_foreach_mul(grads_others, rate_like(lr, list)));
  }
  return out;
}

}  // namespace

void foreach_sgd(const Members& list, const LearningRate& lr, double momentum, bool nesterov) {
  const List& buffers = list.states[0];
  List update = decayed(list);
  if (!buffers.empty()) {
    at::_foreach_mul_(buffers, momentum);
    at::_foreach_add_(buffers, update);
    update = nesterov ? at::_foreach_add(update, buffers, momentum) : buffers;
  }
  if (lr.value) {
    at::_foreach_add_(list.params, update, -*lr.value);
  } else {
    at::_foreach_sub_(list.params, at::_foreach_mul(update, rate_like(lr, list)));
  }
}

void foreach_lars(const Members& list, const LearningRate& lr, double momentum, double eeta,
                  bool nesterov) {
  const List& velocity = list.states[0];
  const List grads = scaled(list, decayed(list), lr, eeta);
  const double factor = lr.value.value_or(1);
  at::_foreach_mul_(velocity, momentum);
  at::_foreach_add_(velocity, grads, factor);
  if (nesterov) {
    List update = at::_foreach_mul(velocity, momentum);
    at::_foreach_add_(update, grads, factor);
    at::_foreach_sub_(list.params, update);
  } else {
    at::_foreach_sub_(list.params, velocity);
  }
}

void foreach_adamw(const Members& list, const LearningRate& lr, const Adamw& options) {
  const auto t = static_cast<double>(options.step);
  const double first_correction = 1 - std::pow(options.beta1, t);
  const double second_correction = 1 - std::pow(options.beta2, t);
  each_decay(list, [&](size_t first, size_t count, double weight_decay) {
    if (weight_decay == 0) {
      return;
    }
    const TensorList some = TensorList(list.params).slice(first, count);
    if (lr.value) {
      at::_foreach_mul_(some, 1 - *lr.value * weight_decay);
    } else {
      const Tensor kept = at::rsub(lr.tensor.to(at::kDouble).mul(weight_decay), 1);
      at::_foreach_mul_(some, kept.to(some.front().scalar_type()));
    }
  });
  const List& weights = list.params;
  const List& grads = list.grads;
  const auto& moments = list.states;
  at::_foreach_lerp_(moments[0], grads, 1 - options.beta1);
  at::_foreach_mul_(moments[1], options.beta2);
  at::_foreach_addcmul_(moments[1], grads, grads, 1 - options.beta2);
  List divisors = at::_foreach_sqrt(moments[1]);
  at::_foreach_div_(divisors, std::sqrt(second_correction));
  at::_foreach_add_(divisors, options.eps);
  if (lr.value) {
    at::_foreach_addcdiv_(weights, moments[0], divisors, -*lr.value / first_correction);
  } else {
    const List update = at::_foreach_div(moments[0], divisors);
    const Tensor rate =
        lr.tensor.to(at::kDouble).div(first_correction).to(weights.front().scalar_type());
    at::_foreach_sub_(weights, at::_foreach_mul(update, rate));
  }
}

}  // namespace sct::optim
