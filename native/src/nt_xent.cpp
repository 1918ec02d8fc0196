#include "sct/nt_xent.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "detail/call.h"
#include "detail/chunked.h"
#include "detail/cuda_table.h"
#include "detail/measures.h"
#include "detail/nt_xent_cpu.h"
#include "detail/nt_xent_cuda.h"
#include "detail/nt_xent_fused.h"
#include "detail/nt_xent_options.h"
#include "detail/temperature.h"
#include "detail/unit_rows.h"
#include "detail/without_autocast.h"

using namespace sct;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The square root of the epsilon of tf.math.l2_normalize.
constexpr double kReferenceEps = 1e-6;

// <u_i, u_j> / temperature of the `count` anchors from row `first` on with all rows of `u`, with
// -inf where an anchor meets itself: it is not its own negative.
Tensor similarities(const Tensor& u, double temperature, int64_t first, int64_t count) {
  Tensor s = at::mm(u.narrow(0, first, count), u.t()).div_(temperature);
  s.diagonal(first).fill_(-std::numeric_limits<double>::infinity());
  return s;
}

// The similarities of the same anchors with further candidates.
Tensor similarities(const Tensor& u, const Tensor& others, double temperature, int64_t first,
                    int64_t count) {
  return at::mm(u.narrow(0, first, count), others.t()).div_(temperature);
}

// The similarities of anchors to their positives, views of `s` as above: of the anchors of view 1,
// then of those of view 2, where there are any.
variable_list positives(const Tensor& s, int64_t first) {
  const int64_t n = s.size(1) / 2;
  variable_list parts;
  if (first < n) {
    parts.push_back(s.diagonal(first + n));
  }
  if (first + s.size(0) > n) {
    parts.push_back(s.diagonal(first - n));
  }
  return parts;
}

// A decoupled loss has no positives in its sums.
void leave_out_positives(const Tensor& s, int64_t first) {
  for (const Tensor& part : positives(s, first)) {
    part.fill_(-std::numeric_limits<double>::infinity());
  }
}

// Loss, accuracy and entropy of [M = 2N, D] in float32 or float64, on any device, with operations
// of libtorch, a few anchors at a time. Nothing waits for a GPU.
struct NtXent : torch::autograd::Function<NtXent> {
  static variable_list forward(AutogradContext* context, const Tensor& z,
                               const std::optional<Tensor>& queue, const NtXentOptions& options) {
    const WithoutAutocast without_autocast;
    const UnitRows rows = normalized(z, options.eps);
    const Tensor& u = rows.u;
    const int64_t m = u.size(0);
    const Tensor others = queue.has_value() ? normalized(*queue, options.eps).u
                                            : at::empty({0, u.size(1)}, u.options());

    const Tensor log_sum = at::empty({m, 1}, u.options());
    const Tensor total = at::zeros({}, u.options().dtype(at::kDouble));
    Measures measures(u.options());
    each_chunk(m, chunk_rows(u, others.size(0)), [&](int64_t first, int64_t count) {
      const Tensor s = similarities(u, options.temperature, first, count);
      measures.add_rows(s, first, m / 2);
      for (const Tensor& part : positives(s, first)) {
        total.sub_(part.sum(at::kDouble));
      }
      if (options.decoupled) {
        leave_out_positives(s, first);
      }
      const Tensor part = log_sum.narrow(0, first, count);
      const Tensor t = similarities(u, others, options.temperature, first, count);
      part.copy_(at::logsumexp(at::cat({s, t}, 1), 1, /*keepdim=*/true));
      total.add_(part.sum(at::kDouble));
    });
    const auto anchors = static_cast<double>(m);
    const variable_list measured = {measures.accuracy(m / 2), measures.entropy(m / 2)};

    context->save_for_backward({u, rows.norm, log_sum, others});
    context->saved_data["temperature"] = options.temperature;
    context->saved_data["decoupled"] = options.decoupled;
    context->saved_data["eps"] = options.eps;
    context->mark_non_differentiable(measured);
    return {total.div_(anchors).to(u.scalar_type()), measured[0], measured[1]};
  }

  // With P the softmax of each row of s, dU = ((P + P^T) U - 2 U_pos) / (M temperature), where s is
  // symmetric, so that P + P^T of a few anchors follows from their s and all log_sum. Others are no
  // anchors, and add only P of theirs.
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(), "nt_xent is not twice differentiable");
    const WithoutAutocast without_autocast;
    const variable_list saved = context->get_saved_variables();
    const UnitRows rows = {saved[0], saved[1], context->saved_data["eps"].toDouble()};
    const Tensor& u = rows.u;
    const Tensor& log_sum = saved[2];
    const Tensor& others = saved[3];
    const double temperature = context->saved_data["temperature"].toDouble();
    const bool decoupled = context->saved_data["decoupled"].toBool();
    const int64_t m = u.size(0);
    const int64_t n = m / 2;

    const Tensor du = at::cat({u.narrow(0, n, n), u.narrow(0, 0, n)}).mul_(-2);
    each_chunk(m, chunk_rows(u, others.size(0)), [&](int64_t first, int64_t count) {
      const Tensor s = similarities(u, temperature, first, count);
      if (decoupled) {
        leave_out_positives(s, first);
      }
      Tensor p = s.sub(log_sum.narrow(0, first, count)).exp_();
      p.add_(at::exp(s.sub(log_sum.t())));
      const Tensor t = similarities(u, others, temperature, first, count);
      t.sub_(log_sum.narrow(0, first, count)).exp_();
      du.narrow(0, first, count).addmm_(p, u).addmm_(t, others);
    });
    du.mul_(grads[0].div(static_cast<double>(m) * temperature));
    return {gradient_of_rows(rows, du), Tensor(), Tensor()};
  }
};

void check_queue(const Tensor& z, const Tensor& queue) {
  if (queue.dim() != 2 || queue.size(1) != z.size(1)) {
    fail(SCT_SHAPE, "argument 'queue' must be [Q, " + std::to_string(z.size(1)) + "], as 'z'");
  }
  if (queue.scalar_type() != z.scalar_type()) {
    invalid("arguments 'z' and 'queue' must be of one dtype");
  }
  if (queue.device() != z.device()) {
    fail(SCT_DEVICE, "arguments 'z' and 'queue' are on different devices");
  }
}

// Whichever of our kernels there are, else operations of libtorch. `z` was of type `given`.
variable_list apply(const Tensor& z, const std::optional<Tensor>& queue, at::ScalarType given,
                    const NtXentOptions& options) {
  const bool wide = z.scalar_type() == at::kDouble;
  if (z.is_cpu() && !wide) {
    return NtXentCpu::apply(z, queue, options, alone());
  }
  if (z.is_cuda() && !wide && has_cuda_table() && !queue.has_value()) {
    const std::optional<nt_xent::cuda::Operand> operand = fused_operand(z, given);
    return operand ? NtXentFused::apply(z, *operand, options) : NtXentCuda::apply(z, options);
  }
  return NtXent::apply(z, queue, options);
}

// Of `z` [2N, D], with `queue` [Q, D] for a loss that has one, times `factor`.
sct_status compute(const char* name, sct_tensor z, std::optional<sct_tensor> queue,
                   const NtXentOptions& options, double factor, sct_tensor* ret_loss,
                   sct_tensor* ret_accuracy, sct_tensor* ret_entropy) {
  return guard(name, {z, queue.value_or(z)}, [&] {
    const Tensor& rows = unbox(z, "z");
    require(ret_loss, "ret_loss");
    require(ret_accuracy, "ret_accuracy");
    require(ret_entropy, "ret_entropy");
    const int64_t fewest = options.decoupled ? 2 : 1;
    if (rows.dim() != 2 || rows.size(0) < 2 * fewest || rows.size(0) % 2 != 0) {
      fail(SCT_SHAPE, "argument 'z' must be [2N, D] with N >= " + std::to_string(fewest));
    }
    if (!rows.is_floating_point()) {
      invalid("argument 'z' must be floating");
    }
    check_temperature(options.temperature);
    const bool wide = rows.scalar_type() == at::kDouble;
    const auto computed = [&](const Tensor& t) { return wide ? t : t.to(at::kFloat); };
    std::optional<Tensor> others;
    if (queue.has_value()) {
      const Tensor& further = unbox(*queue, "queue");
      check_queue(rows, further);
      if (further.size(0) > 0) {
        others = computed(further.detach());
      }
    }
    variable_list found = apply(computed(rows), others, rows.scalar_type(), options);
    if (factor != 1) {
      found[0] = found[0].mul(factor);
    }
    give(found, {ret_loss, ret_accuracy, ret_entropy});
  });
}

}  // namespace

sct_status sct_nt_xent(sct_tensor z, double temperature, sct_tensor* ret_loss,
                       sct_tensor* ret_accuracy, sct_tensor* ret_entropy) {
  return compute("nt_xent", z, std::nullopt, {temperature, false, nt_xent::kEps}, 1, ret_loss,
                 ret_accuracy, ret_entropy);
}

sct_status sct_nt_xent_sum(sct_tensor z, double temperature, sct_tensor* ret_loss,
                           sct_tensor* ret_accuracy, sct_tensor* ret_entropy) {
  return compute("nt_xent_sum", z, std::nullopt, {temperature, false, kReferenceEps}, 2, ret_loss,
                 ret_accuracy, ret_entropy);
}

sct_status sct_nt_xent_queue(sct_tensor z, sct_tensor queue, double temperature,
                             sct_tensor* ret_loss, sct_tensor* ret_accuracy,
                             sct_tensor* ret_entropy) {
  return compute("nt_xent_queue", z, queue, {temperature, false, nt_xent::kEps}, 1, ret_loss,
                 ret_accuracy, ret_entropy);
}

sct_status sct_dcl(sct_tensor z, double temperature, sct_tensor* ret_loss, sct_tensor* ret_accuracy,
                   sct_tensor* ret_entropy) {
  return compute("dcl", z, std::nullopt, {temperature, true, nt_xent::kEps}, 1, ret_loss,
                 ret_accuracy, ret_entropy);
}
