#include "detail/nt_xent_cpu.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cpu/nt_xent_pass.h"
#include "detail/isa.h"
#include "sct/augment.h"

namespace sct {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Down to here exp(-2 / temperature), the smallest term there is, is a normal float32, so that the
// shift may be 1 for all rows.
constexpr double kLowestFixed = 0.024;

// What the kernels collect of the rows, in tensors.
class RowSums {
 public:
  RowSums(int64_t rows, int64_t rows_of_view_1, bool running)
      : rest_(at::zeros({rows}, at::kDouble)),
        rest_shift_(at::full({rows}, first_shift(running), at::kFloat)),
        cross_(at::zeros({rows_of_view_1}, at::kDouble)),
        cross_shift_(at::full({rows_of_view_1}, first_shift(running), at::kFloat)),
        moment_(at::zeros({rows_of_view_1}, at::kDouble)),
        positive_(at::zeros({rows_of_view_1}, at::kFloat)),
        rival_(at::full({rows_of_view_1}, nt_xent::kNone, at::kFloat)) {}

  void give_to(nt_xent::Forward& pass) const {
    pass.rest = {rest_.data_ptr<double>(), rest_shift_.data_ptr<float>()};
    pass.cross = {cross_.data_ptr<double>(), cross_shift_.data_ptr<float>()};
    pass.moment = moment_.data_ptr<double>();
    pass.positive = positive_.data_ptr<float>();
    pass.rival = rival_.data_ptr<float>();
  }

 private:
  static float first_shift(bool running) { return running ? nt_xent::kNone : 1.0F; }

  Tensor rest_, rest_shift_, cross_, cross_shift_, moment_, positive_, rival_;
};

struct Sum {
  double sum;
  float shift;
};

// Sum of both, over the larger of their shifts.
Sum merged(Sum a, Sum b, double temperature) {
  const float shift = std::max(a.shift, b.shift);
  const auto moved = [&](Sum s) {
    return s.sum * std::exp((static_cast<double>(s.shift) - shift) / temperature);
  };
  return {moved(a) + moved(b), shift};
}

struct Totals {
  double loss = 0;
  double hits = 0;
  double entropy = 0;
};

// Reads what the pass has collected, and writes what the backward pass needs.
Totals finish(const nt_xent::Kernels& kernels, const nt_xent::Forward& pass, double temperature,
              float* shift, float* weight) {
  Totals totals;
  const nt_xent::Layout& layout = pass.layout;
  for (int64_t view = 0; view < 2; view++) {
    for (int64_t i = 0; i < layout.images; i++) {
      const int64_t row = nt_xent::padded_row(kernels, layout, view, i);
      Sum all = {pass.rest.sum[row], pass.rest.shift[row]};
      const float positive = pass.positive[i];
      if (view == 0) {
        const double cross = pass.cross.sum[i];
        all = merged(all, {cross, pass.cross.shift[i]}, temperature);
        totals.hits += positive > pass.rival[i] ? 1 : 0;
        totals.entropy += std::log(cross) - pass.moment[i] * std::numbers::ln2 / cross;
      }
      shift[row] = all.shift;
      weight[row] = static_cast<float>(1 / all.sum);
      totals.loss += std::log(all.sum) +
                     (static_cast<double>(all.shift) - static_cast<double>(positive)) / temperature;
    }
  }
  return totals;
}

Tensor mean(double total, int64_t count) {
  return at::full({}, total / static_cast<double>(count), at::kFloat);
}

const nt_xent::Kernels& chosen_kernels() { return nt_xent::kernels_of(resolve_isa(SCT_ISA_AUTO)); }

float scale_of(double temperature) { return static_cast<float>(std::numbers::log2e / temperature); }

}  // namespace

variable_list NtXentCpu::forward(AutogradContext* context, const Tensor& z, double temperature) {
  const Tensor v = z.contiguous();
  const int64_t n = v.size(0) / 2;
  const nt_xent::Kernels& kernels = chosen_kernels();
  const nt_xent::Layout layout = nt_xent::layout_of(kernels, n, v.size(1));
  const int64_t rows = nt_xent::padded_rows(kernels, layout);

  const Tensor unit = at::empty({rows * layout.depth}, at::kFloat);
  const Tensor norm = at::empty({rows}, at::kDouble);
  nt_xent::Forward pass = {};
  pass.layout = layout;
  pass.unit = unit.data_ptr<float>();
  pass.scale = scale_of(temperature);
  pass.running = temperature < kLowestFixed;
  const RowSums sums(rows, rows / 2, pass.running);
  sums.give_to(pass);
  nt_xent::forward(kernels, pass, v.data_ptr<float>(), norm.data_ptr<double>());

  const Tensor shift = at::zeros({rows}, at::kFloat);
  const Tensor weight = at::zeros({rows}, at::kFloat);
  const Totals totals =
      finish(kernels, pass, temperature, shift.data_ptr<float>(), weight.data_ptr<float>());
  context->save_for_backward({unit, norm, shift, weight});
  context->saved_data["temperature"] = temperature;
  context->saved_data["columns"] = layout.columns;
  context->saved_data["images"] = n;
  const variable_list measures = {mean(totals.hits, n), mean(totals.entropy, n)};
  context->mark_non_differentiable(measures);
  return {mean(totals.loss, 2 * n), measures[0], measures[1]};
}

variable_list NtXentCpu::backward(AutogradContext* context, const variable_list& grads) {
  TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(), "nt_xent is not twice differentiable");
  const variable_list saved = context->get_saved_variables();
  const Tensor& unit = saved[0];
  const Tensor& norm = saved[1];
  const Tensor& shift = saved[2];
  const Tensor& weight = saved[3];
  const double temperature = context->saved_data["temperature"].toDouble();
  const int64_t n = context->saved_data["images"].toInt();
  const nt_xent::Kernels& kernels = chosen_kernels();
  const nt_xent::Layout layout =
      nt_xent::layout_of(kernels, n, context->saved_data["columns"].toInt());

  const Tensor grad = at::empty_like(unit);
  nt_xent::Backward pass = {};
  pass.layout = layout;
  pass.unit = unit.data_ptr<float>();
  pass.scale = scale_of(temperature);
  pass.running = temperature < kLowestFixed;
  pass.shift = shift.data_ptr<float>();
  pass.weight = weight.data_ptr<float>();
  pass.grad = grad.data_ptr<float>();
  const Tensor out = at::empty({2 * n, layout.columns}, at::kFloat);
  nt_xent::backward(kernels, pass, norm.data_ptr<double>(),
                    grads[0].item<double>() / (static_cast<double>(2 * n) * temperature),
                    out.data_ptr<float>());
  return {out, Tensor()};
}

}  // namespace sct
