#include "sct/nt_xent.h"

#include <ATen/ops/amax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <c10/core/DispatchKeySet.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/custom_function.h>

#include <limits>

#include "cpu/nt_xent.h"
#include "detail/call.h"
#include "detail/nt_xent_cpu.h"
#include "detail/temperature.h"

using namespace sct;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using nt_xent::kEps;

// No autocast inside: similarities in bfloat16 would lose the differences that the loss is about.
struct WithoutAutocast {
  c10::impl::ExcludeDispatchKeyGuard guard{c10::autocast_dispatch_keyset};
};

// <u_i, u_j> / temperature for all pairs of rows of `u`, with -inf on the diagonal: an anchor is
// not its own negative.
Tensor similarities(const Tensor& u, double temperature) {
  Tensor s = at::mm(u, u.t()).div_(temperature);
  s.fill_diagonal_(-std::numeric_limits<double>::infinity());
  return s;
}

// The rows of `u` in the order of their positives: view 2, then view 1.
Tensor positives(const Tensor& u) {
  const int64_t n = u.size(0) / 2;
  return at::cat({u.narrow(0, n, n), u.narrow(0, 0, n)});
}

// Share of anchors whose positive, on the diagonal of `cross` [N, N], is larger than the rest of
// its row.
Tensor accuracy(const Tensor& cross) {
  const Tensor positive = cross.diagonal().clone();
  Tensor others = cross.clone();
  others.fill_diagonal_(-std::numeric_limits<double>::infinity());
  return positive.gt(at::amax(others, 1)).to(cross.scalar_type()).mean();
}

// Mean entropy of the rows' softmax.
Tensor entropy(const Tensor& cross) {
  const Tensor log_p = at::log_softmax(cross, 1);
  return at::exp(log_p).mul_(log_p).sum(1).mean().neg();
}

// Without the positives, which a decoupled loss does not have in its sums.
Tensor without_positives(Tensor s) {
  const int64_t n = s.size(0) / 2;
  for (const int64_t view : {0, 1}) {
    s.narrow(0, view * n, n)
        .narrow(1, (1 - view) * n, n)
        .fill_diagonal_(-std::numeric_limits<double>::infinity());
  }
  return s;
}

// Loss, accuracy and entropy of [M = 2N, D] in float32 or float64, on any device, with operations
// of libtorch and a matrix of [M, M].
struct NtXent : torch::autograd::Function<NtXent> {
  static variable_list forward(AutogradContext* context, const Tensor& z, double temperature,
                               bool decoupled) {
    const WithoutAutocast without_autocast;
    const Tensor norm = at::linalg_vector_norm(z, 2, 1, /*keepdim=*/true);
    const Tensor divisor = at::clamp_min(norm, kEps);
    const Tensor u = z.div(divisor);
    const int64_t n = u.size(0) / 2;

    Tensor s = similarities(u, temperature);
    const Tensor cross = s.narrow(0, 0, n).narrow(1, n, n);
    // s_i,pos(i) is the diagonal of view 1 against view 2, for the anchors of both views.
    const Tensor positive = cross.diagonal().sum();
    const variable_list measures = {accuracy(cross), entropy(cross)};
    s = decoupled ? without_positives(s) : s;
    const Tensor log_sum = at::logsumexp(s, 1, /*keepdim=*/true);
    const Tensor loss = log_sum.sum().sub(positive, /*alpha=*/2).div_(static_cast<double>(2 * n));

    context->save_for_backward({u, norm, log_sum});
    context->saved_data["temperature"] = temperature;
    context->saved_data["decoupled"] = decoupled;
    context->mark_non_differentiable(measures);
    return {loss, measures[0], measures[1]};
  }

  // With P the softmax of each row of s, dU = ((P + P^T) U - 2 U_pos) / (M temperature). Through
  // u = v / max(|v|, eps): dv = (du - u <u, du>) / |v| where |v| >= eps, and du / eps elsewhere,
  // where the divisor is a constant.
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(), "nt_xent is not twice differentiable");
    const WithoutAutocast without_autocast;
    const variable_list saved = context->get_saved_variables();
    const Tensor& u = saved[0];
    const Tensor& norm = saved[1];
    const Tensor& log_sum = saved[2];
    const double temperature = context->saved_data["temperature"].toDouble();
    const double scale = 1.0 / (static_cast<double>(u.size(0)) * temperature);

    // Computing s again is cheaper than keeping a second [M, M] matrix through the encoder's
    // backward pass.
    Tensor s = similarities(u, temperature);
    s = context->saved_data["decoupled"].toBool() ? without_positives(s) : s;
    const Tensor p = s.sub_(log_sum).exp_();
    const Tensor du = at::mm(p, u)
                          .add_(at::mm(p.t(), u))
                          .sub_(positives(u), /*alpha=*/2)
                          .mul_(grads[0].mul(scale));
    const Tensor along = u.mul(du).sum(1, /*keepdim=*/true).mul_(norm.ge(kEps));
    return {du.sub(u.mul(along)).div_(at::clamp_min(norm, kEps)), Tensor(), Tensor()};
  }
};

sct_status compute(const char* name, sct_tensor z, double temperature, bool decoupled,
                   sct_tensor* ret_loss, sct_tensor* ret_accuracy, sct_tensor* ret_entropy) {
  return guard(name, {z}, [&] {
    const Tensor& rows = unbox(z, "z");
    require(ret_loss, "ret_loss");
    require(ret_accuracy, "ret_accuracy");
    require(ret_entropy, "ret_entropy");
    const int64_t fewest = decoupled ? 2 : 1;
    if (rows.dim() != 2 || rows.size(0) < 2 * fewest || rows.size(0) % 2 != 0) {
      fail(SCT_SHAPE, "argument 'z' must be [2N, D] with N >= " + std::to_string(fewest));
    }
    if (!rows.is_floating_point()) {
      invalid("argument 'z' must be floating");
    }
    check_temperature(temperature);
    const bool wide = rows.scalar_type() == at::kDouble;
    const Tensor input = wide ? rows : rows.to(at::kFloat);
    variable_list results = input.is_cpu() && !wide
                                ? NtXentCpu::apply(input, temperature, decoupled)
                                : NtXent::apply(input, temperature, decoupled);
    give(std::move(results), {ret_loss, ret_accuracy, ret_entropy});
  });
}

}  // namespace

sct_status sct_nt_xent(sct_tensor z, double temperature, sct_tensor* ret_loss,
                       sct_tensor* ret_accuracy, sct_tensor* ret_entropy) {
  return compute("nt_xent", z, temperature, false, ret_loss, ret_accuracy, ret_entropy);
}

sct_status sct_dcl(sct_tensor z, double temperature, sct_tensor* ret_loss, sct_tensor* ret_accuracy,
                   sct_tensor* ret_entropy) {
  return compute("dcl", z, temperature, true, ret_loss, ret_accuracy, ret_entropy);
}
