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
#include "detail/temperature.h"
#include "detail/unit_rows.h"
#include "detail/without_autocast.h"

using namespace sct;

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// <u_i, u_j> / temperature of the `count` anchors from row `first` on with all rows of `u`, with
// -inf where an anchor meets itself: it is not its own negative.
Tensor similarities(const Tensor& u, double temperature, int64_t first, int64_t count) {
  Tensor s = at::mm(u.narrow(0, first, count), u.t()).div_(temperature);
  s.diagonal(first).fill_(-std::numeric_limits<double>::infinity());
  return s;
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

// Adds the anchors of view 1 among those of `s`, as above.
void measure(Measures& measures, const Tensor& s, int64_t first) {
  const int64_t n = s.size(1) / 2;
  const int64_t count = std::min(s.size(0), n - first);
  if (count > 0) {
    measures.add(s.narrow(0, 0, count).narrow(1, n, n), first);
  }
}

// Loss, accuracy and entropy of [M = 2N, D] in float32 or float64, on any device, with operations
// of libtorch, a few anchors at a time. Nothing waits for a GPU.
struct NtXent : torch::autograd::Function<NtXent> {
  static variable_list forward(AutogradContext* context, const Tensor& z, double temperature,
                               bool decoupled) {
    const WithoutAutocast without_autocast;
    const UnitRows rows = normalized(z);
    const Tensor& u = rows.u;
    const int64_t m = u.size(0);

    const Tensor log_sum = at::empty({m, 1}, u.options());
    const Tensor total = at::zeros({}, u.options().dtype(at::kDouble));
    Measures measures(u.options());
    each_chunk(m, chunk_rows(u), [&](int64_t first, int64_t count) {
      const Tensor s = similarities(u, temperature, first, count);
      measure(measures, s, first);
      for (const Tensor& part : positives(s, first)) {
        total.sub_(part.sum(at::kDouble));
      }
      if (decoupled) {
        leave_out_positives(s, first);
      }
      const Tensor part = log_sum.narrow(0, first, count);
      part.copy_(at::logsumexp(s, 1, /*keepdim=*/true));
      total.add_(part.sum(at::kDouble));
    });
    const auto anchors = static_cast<double>(m);
    const variable_list measured = {measures.accuracy(m / 2), measures.entropy(m / 2)};

    context->save_for_backward({u, rows.norm, log_sum});
    context->saved_data["temperature"] = temperature;
    context->saved_data["decoupled"] = decoupled;
    context->mark_non_differentiable(measured);
    return {total.div_(anchors).to(u.scalar_type()), measured[0], measured[1]};
  }

  // With P the softmax of each row of s, dU = ((P + P^T) U - 2 U_pos) / (M temperature), where s is
  // symmetric, so that P + P^T of a few anchors follows from their s and all log_sum.
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(), "nt_xent is not twice differentiable");
    const WithoutAutocast without_autocast;
    const variable_list saved = context->get_saved_variables();
    const UnitRows rows = {saved[0], saved[1]};
    const Tensor& u = rows.u;
    const Tensor& log_sum = saved[2];
    const double temperature = context->saved_data["temperature"].toDouble();
    const bool decoupled = context->saved_data["decoupled"].toBool();
    const int64_t m = u.size(0);
    const int64_t n = m / 2;

    const Tensor du = at::cat({u.narrow(0, n, n), u.narrow(0, 0, n)}).mul_(-2);
    each_chunk(m, chunk_rows(u), [&](int64_t first, int64_t count) {
      const Tensor s = similarities(u, temperature, first, count);
      if (decoupled) {
        leave_out_positives(s, first);
      }
      Tensor p = s.sub(log_sum.narrow(0, first, count)).exp_();
      p.add_(at::exp(s.sub(log_sum.t())));
      du.narrow(0, first, count).addmm_(p, u);
    });
    du.mul_(grads[0].div(static_cast<double>(m) * temperature));
    return {gradient_of_rows(rows, du), Tensor(), Tensor()};
  }
};

// Whichever of our kernels there are, else operations of libtorch. `z` was of type `given`.
variable_list apply(const Tensor& z, at::ScalarType given, double temperature, bool decoupled) {
  const bool wide = z.scalar_type() == at::kDouble;
  if (z.is_cpu() && !wide) {
    return NtXentCpu::apply(z, temperature, decoupled);
  }
  if (z.is_cuda() && !wide && has_cuda_table()) {
    const std::optional<nt_xent::cuda::Operand> operand = fused_operand(z, given);
    return operand ? NtXentFused::apply(z, *operand, temperature, decoupled)
                   : NtXentCuda::apply(z, temperature, decoupled);
  }
  return NtXent::apply(z, temperature, decoupled);
}

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
    give(apply(input, rows.scalar_type(), temperature, decoupled),
         {ret_loss, ret_accuracy, ret_entropy});
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
