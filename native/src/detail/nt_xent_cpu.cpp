#include "detail/nt_xent_cpu.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <vector>

#include "detail/other_rows.h"
#include "detail/row_sums.h"
#include "detail/temperature.h"
#include "nt_xent_row.h"

namespace sct {
namespace {

using at::Tensor;
using nt_xent::ShiftedSum;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Totals {
  double loss = 0;
  double hits = 0;
  double entropy = 0;
};

// Reads what a pass has collected, and writes what the backward pass needs.
class Finish {
 public:
  Finish(const nt_xent::Kernels& kernels, const nt_xent::Forward& pass,
         const NtXentOptions& options, float* shift, float* weight)
      : kernels_(kernels),
        pass_(pass),
        options_(options),
        shift_(shift),
        weight_(weight),
        totals_(static_cast<size_t>(2 * pass.layout.panels)) {}

  void panel(int64_t panel) {
    const nt_xent::Layout& layout = pass_.layout;
    const nt_xent::Place place = nt_xent::place_of(kernels_, layout, panel);
    const bool first = panel < layout.panels;
    // The anchor's row among those of view 1.
    const int64_t image = place.padded - (first ? 0 : layout.panels * kernels_.width);
    Totals& totals = totals_[static_cast<size_t>(panel)];
    for (int64_t r = 0; r < place.rows; r++) {
      add(place.padded + r, image + r, first, totals);
    }
  }

  // The same whatever thread computed which panel.
  Totals totals() const {
    Totals all;
    for (const Totals& one : totals_) {
      all.loss += one.loss;
      all.hits += one.hits;
      all.entropy += one.entropy;
    }
    return all;
  }

 private:
  void add(int64_t row, int64_t image, bool first, Totals& totals) {
    const float positive = pass_.positive[image];
    ShiftedSum all = {pass_.rest.sum[row], pass_.rest.shift[row]};
    if (first) {
      const ShiftedSum cross = {pass_.cross.sum[image], pass_.cross.shift[image]};
      all = merged(all, cross, options_.temperature);
      totals.hits += positive > pass_.rival[image] ? 1 : 0;
      totals.entropy += entropy_of(cross, pass_.moment[image], positive, options_.temperature);
    }
    if (!options_.decoupled) {
      all = with_positive(all, positive, pass_.running, options_.temperature);
    }
    shift_[row] = all.shift;
    weight_[row] = static_cast<float>(1 / all.sum);
    totals.loss += log_ratio(all, positive, options_.temperature);
  }

  const nt_xent::Kernels& kernels_;
  const nt_xent::Forward& pass_;
  const NtXentOptions& options_;
  float* shift_;
  float* weight_;
  std::vector<Totals> totals_;
};

Tensor mean(double total, double count) { return at::full({}, total / count, at::kFloat); }

// Sums over a group, and of how many images they are.
struct GroupTotals {
  Totals totals;
  double images;
};

GroupTotals reduced(const Collective& group, const Totals& own, int64_t images) {
  Tensor sums =
      at::tensor({own.loss, own.hits, own.entropy, static_cast<double>(images)}, at::kDouble);
  group.all_reduce(sums);
  const auto* sum = sums.const_data_ptr<double>();
  return {{sum[0], sum[1], sum[2]}, sum[3]};
}

}  // namespace

variable_list NtXentCpu::forward(AutogradContext* context, const Tensor& z,
                                 const std::optional<Tensor>& queue, const NtXentOptions& options,
                                 const c10::intrusive_ptr<Collective>& processes) {
  const Tensor v = z.contiguous();
  const int64_t n = v.size(0) / 2;
  const nt_xent::Kernels& kernels = nt_xent_kernels();
  const nt_xent::Layout layout = nt_xent::layout_of(kernels, 2, n, v.size(1), options.eps);
  const int64_t rows = nt_xent::padded_rows(kernels, layout);
  const Collective& group = *processes;
  OtherRows others = OtherRows::of_group(kernels, v, group, options.eps);
  const bool alone = others.empty();
  if (queue.has_value()) {
    TORCH_CHECK_NOT_IMPLEMENTED(alone, "nt_xent with a queue in a group of processes");
    others = OtherRows::of_queue(kernels, *queue, options.eps);
  }

  const Tensor unit = at::empty({rows * layout.depth}, at::kFloat);
  const Tensor norm = at::empty({rows}, at::kDouble);
  const RowSums sums(kernels, layout, shift_is_running(options.temperature));
  const nt_xent::Forward pass = sums.pass(layout, unit, options.temperature, others.get());
  const Tensor shift = at::zeros({rows}, at::kFloat);
  const Tensor weight = at::zeros({rows}, at::kFloat);
  Finish finish(kernels, pass, options, shift.data_ptr<float>(), weight.data_ptr<float>());
  nt_xent::forward(kernels, pass, v.data_ptr<float>(), norm.data_ptr<double>(),
                   [&](int64_t panel) { finish.panel(panel); });
  if (!alone) {
    others.exchange(kernels, group, layout, shift, weight);
  }
  const GroupTotals all = reduced(group, finish.totals(), n);

  context->save_for_backward(
      {unit, norm, shift, weight, others.unit(), others.shift(), others.weight()});
  context->saved_data["temperature"] = options.temperature;
  context->saved_data["decoupled"] = options.decoupled;
  context->saved_data["eps"] = options.eps;
  context->saved_data["columns"] = layout.columns;
  context->saved_data["images"] = n;
  context->saved_data["other_views"] = others.layout().views;
  context->saved_data["other_images"] = others.layout().images;
  context->saved_data["anchors"] = 2 * all.images;
  const variable_list measures = {mean(all.totals.hits, all.images),
                                  mean(all.totals.entropy, all.images)};
  context->mark_non_differentiable(measures);
  return {mean(all.totals.loss, 2 * all.images), measures[0], measures[1]};
}

variable_list NtXentCpu::backward(AutogradContext* context, const variable_list& grads) {
  TORCH_CHECK_NOT_IMPLEMENTED(!at::GradMode::is_enabled(), "nt_xent is not twice differentiable");
  const variable_list saved = context->get_saved_variables();
  const auto integer = [&](const char* name) { return context->saved_data[name].toInt(); };
  const auto number = [&](const char* name) { return context->saved_data[name].toDouble(); };
  const double temperature = number("temperature");
  const int64_t n = integer("images");
  const nt_xent::Kernels& kernels = nt_xent_kernels();
  const auto layout_of = [&](int64_t views, int64_t images) {
    return nt_xent::layout_of(kernels, views, images, integer("columns"), number("eps"));
  };
  const nt_xent::Layout layout = layout_of(2, n);
  const OtherRows others(layout_of(integer("other_views"), integer("other_images")), saved[4],
                         saved[5], saved[6]);

  const Tensor grad = at::empty_like(saved[0]);
  const nt_xent::Backward pass = {layout,
                                  saved[0].data_ptr<float>(),
                                  others.get(),
                                  scale_of(temperature),
                                  shift_is_running(temperature),
                                  context->saved_data["decoupled"].toBool(),
                                  saved[2].data_ptr<float>(),
                                  saved[3].data_ptr<float>(),
                                  {},
                                  grad.data_ptr<float>()};
  const Tensor out = at::empty({2 * n, layout.columns}, at::kFloat);
  nt_xent::backward(kernels, pass, saved[1].data_ptr<double>(),
                    grads[0].item<double>() / (number("anchors") * temperature),
                    out.data_ptr<float>());
  return {out, Tensor(), Tensor(), Tensor()};
}

}  // namespace sct
