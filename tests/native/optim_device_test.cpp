// Steps whose learning rate lies on a device.
//
// Meta tensors, which have a device and no values, stand for those of a device: whoever reads one
// on the host fails. What the operations compute is compared, with tensors of the CPU, with what
// they compute when the learning rate is known.
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <vector>

#include "detail/box.h"
#include "detail/optim_foreach.h"
#include "sct/sct.h"

using at::Tensor;
using sct::optim::LearningRate;
using sct::optim::Members;

namespace {

int failures = 0;

void check(bool condition, const char* what) {
  if (!condition) {
    std::fprintf(stderr, "optim_device_test: %s\n", what);
    ++failures;
  }
}

enum class Rule { kSgd, kPlainSgd, kLars, kAdamw };

constexpr double kMomentum = 0.9;

void step(Rule rule, const Members& list, const LearningRate& lr, bool nesterov) {
  switch (rule) {
    case Rule::kSgd:
      sct::optim::foreach_sgd(list, lr, kMomentum, nesterov);
      break;
    case Rule::kPlainSgd:
      sct::optim::foreach_sgd(list, lr, 0, nesterov);
      break;
    case Rule::kLars:
      sct::optim::foreach_lars(list, lr, kMomentum, 0.02, nesterov);
      break;
    case Rule::kAdamw:
      sct::optim::foreach_adamw(list, lr, {2, 0.9, 0.99, 1e-8});
      break;
  }
}

// Parameters of three groups; the second is at zero, the third has a gradient of zero.
Members members(Rule rule, at::ScalarType dtype) {
  Members list;
  const double decays[] = {0.1, 0.1, 0, 0.2};
  const bool adapts[] = {true, true, true, false};
  for (int p = 0; p < 4; ++p) {
    const Tensor numbers = at::arange(1, 7 + p, at::kDouble).sub_(2.5);
    list.params.push_back(numbers.mul(p == 1 ? 0 : 0.3).to(dtype));
    list.grads.push_back(numbers.square().mul_(p == 2 ? 0 : 0.7).to(dtype));
    if (rule != Rule::kPlainSgd) {
      list.states[0].push_back(numbers.mul(0.05).to(dtype));
    }
    if (rule == Rule::kAdamw) {
      list.states[1].push_back(numbers.square().mul_(0.01).to(dtype));
    }
    list.weight_decays.push_back(decays[p]);
    list.adapts.push_back(adapts[p]);
  }
  return list;
}

void moves_as_with_a_known_rate(Rule rule, bool nesterov, at::ScalarType dtype,
                                at::ScalarType lr_dtype) {
  const Members known = members(rule, dtype);
  const Members unknown = members(rule, dtype);
  const Members start = members(rule, dtype);
  const Tensor lr = at::scalar_tensor(0, at::TensorOptions(lr_dtype));
  for (const double value : {0.5, 0.125}) {
    lr.fill_(value);
    step(rule, known, {value, lr}, nesterov);
    step(rule, unknown, {std::nullopt, lr}, nesterov);
  }
  const double tolerance = dtype == at::kDouble ? 1e-14 : 1e-6;
  for (size_t p = 0; p < known.size(); ++p) {
    check(known.params[p].allclose(unknown.params[p], tolerance, tolerance), "a parameter");
    for (int s = 0; s < 2; ++s) {
      check(known.states[s].empty() ||
                known.states[s][p].allclose(unknown.states[s][p], tolerance, tolerance),
            "a state");
    }
    // The third has nothing that would move it without momentum.
    check(p == 2 || !unknown.params[p].allclose(start.params[p], 1e-3, 1e-3), "nothing has moved");
  }
}

// A parameter, a gradient and two states that only have a shape.
struct OnMeta {
  std::vector<sct_tensor> params;
  std::vector<sct_tensor> first;
  std::vector<sct_tensor> second;

  explicit OnMeta(at::ScalarType dtype) {
    const auto options = at::TensorOptions(at::kMeta).dtype(dtype);
    for (int64_t size = 1; size < 4; ++size) {
      const Tensor param = at::empty({size, 2}, options).requires_grad_();
      param.mutable_grad() = at::empty({size, 2}, options);
      params.push_back(sct::box(param));
      first.push_back(sct::box(at::empty({size, 2}, options)));
      second.push_back(sct::box(at::empty({size, 2}, options)));
    }
  }

  ~OnMeta() {
    for (auto* handles : {&params, &first, &second}) {
      sct_tensor_free(handles->data(), static_cast<int64_t>(handles->size()));
    }
  }
};

void ok(sct_status status) { check(status == SCT_OK, sct_last_error()); }

void nothing_reads_the_rate(at::ScalarType dtype) {
  const OnMeta list(dtype);
  sct_tensor lr = sct::box(at::empty({}, at::TensorOptions(at::kMeta).dtype(at::kDouble)));
  double value = 0;
  check(sct_item_double(lr, &value) != SCT_OK, "a meta tensor can be read");
  const std::vector<sct_optim_group> groups = {{1, 0.1, true}, {0, 0, true}, {2, 0, false}};
  for (const bool nesterov : {false, true}) {
    ok(sct_sgd_step(list.params.data(), nullptr, 3, groups.data(), 3, lr, 0, nesterov));
    ok(sct_sgd_step(list.params.data(), list.first.data(), 3, groups.data(), 3, lr, 0.9, nesterov));
    ok(sct_lars_step(list.params.data(), list.first.data(), 3, groups.data(), 3, lr, 0.9, 0.001,
                     nesterov));
  }
  ok(sct_adamw_step(list.params.data(), list.first.data(), list.second.data(), 3, groups.data(), 3,
                    1, lr, 0.9, 0.99, 1e-8));
  sct_tensor_free(&lr, 1);
}

// A number of the CPU is read for parameters of any device, one of a device for its own only.
void devices_fit() {
  const OnMeta list(at::kFloat);
  const sct_optim_group group = {3, 0.1, true};
  sct_tensor on_cpu = sct::box(at::scalar_tensor(0.5, at::TensorOptions(at::kDouble)));
  sct_tensor on_meta = sct::box(at::empty({}, at::TensorOptions(at::kMeta).dtype(at::kFloat)));
  ok(sct_lars_step(list.params.data(), list.first.data(), 3, &group, 1, on_cpu, 0.9, 0.001, false));
  std::vector<sct_tensor> mixed(list.params);
  const Tensor param = at::zeros({3, 2}).requires_grad_();
  param.mutable_grad() = at::zeros({3, 2});
  mixed[2] = sct::box(param);
  check(sct_sgd_step(mixed.data(), nullptr, 3, &group, 1, on_meta, 0, false) == SCT_DEVICE,
        "a learning rate of another device than a parameter's");
  ok(sct_sgd_step(mixed.data(), nullptr, 3, &group, 1, on_cpu, 0, false));
  sct_tensor handles[] = {on_cpu, on_meta, mixed[2]};
  sct_tensor_free(handles, 3);
}

}  // namespace

int main() {
  {
    const at::NoGradGuard no_grad;
    for (const Rule rule : {Rule::kSgd, Rule::kPlainSgd, Rule::kLars, Rule::kAdamw}) {
      for (const bool nesterov : {false, true}) {
        for (const at::ScalarType dtype : {at::kDouble, at::kFloat}) {
          moves_as_with_a_known_rate(rule, nesterov, dtype, at::kDouble);
          moves_as_with_a_known_rate(rule, nesterov, dtype, at::kFloat);
        }
      }
    }
  }
  for (const at::ScalarType dtype : {at::kDouble, at::kFloat, at::kBFloat16}) {
    nothing_reads_the_rate(dtype);
  }
  devices_fit();
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
